"""Metrics that are functions of a user's own: called once a batch, as Keras does, and averaged."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.keras.tensors import tensor
from fastnn.losses.base import Loss
from fastnn.metrics.base import FunctionMetric, Metric
from fastnn.metrics.states import RunningMean, weights_of

__all__ = ["BatchMetric", "in_batches"]


class BatchMetric(FunctionMetric):
    """A function of ``(y_true, y_pred)`` that is called for each batch, and whose results are averaged.

    Where it returns a number, each batch counts once, a short last one, too; where it returns one for each sample, each
    sample counts once, or by its weight. Targets have the type of outputs and their shape, (samples, 1) where a model
    has one output; class numbers are whole numbers of shape (samples,).

    Parameters
    ----------
    function : callable
    name : str, optional
        By default the function's own name.

    Raises
    ------
    TypeError
        As `fastnn.metrics.FunctionMetric`.

    Examples
    --------
    >>> def largest(y_true, y_pred):
    ...     return np.max(np.abs(y_true - y_pred))
    >>> metric = BatchMetric(largest)
    >>> metric.update_state(np.zeros((3, 1)), np.array([[1.0], [2.0], [3.0]]))
    >>> metric.update_state(np.zeros((1, 1)), np.array([[1.0]]))
    >>> metric.result()
    2.0
    """

    by_batch = True

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Count a batch; errors are those of `compute`. A batch that is refused is not counted."""
        weights = weights_of(sample_weight, len(np.atleast_1d(y_pred)))
        if weights is None:
            found = self._returned(y_true, y_pred)
            value, weight = float(found.mean()), float(len(found) if found.ndim else 1)
        else:
            if not np.any(weights):
                return
            value, weight = self.compute(y_true, y_pred, weights), float(weights.sum())
        mean: RunningMean = self.__dict__.setdefault("_state", RunningMean())
        mean.add(value, weight)

    def result(self) -> Any:
        """The mean of all that was counted since `reset_state`; NaN where that is nothing."""
        state = self.__dict__.get("_state")
        return float("nan") if state is None else state.value

    def _returned(self, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
        pred = np.asarray(y_pred)
        return super()._returned(tensor(_fitting(np.asarray(y_true), pred)), tensor(pred))


def in_batches(metric: Any) -> Any:
    """A function of a user's own as a metric of batches; anything else, such as a name, as it is.

    >>> in_batches("mae"), in_batches(max).name
    ('mae', 'max')
    """
    known = isinstance(metric, str | Metric | type) or not callable(metric)
    return metric if known or _is_ours(metric) else BatchMetric(metric)


def _is_ours(function: Any) -> bool:
    # Those of `fastnn.metrics` say themselves of what they are; a loss is judged as Keras judges it.
    module = str(getattr(function, "__module__", ""))
    return module.startswith("fastnn.") and not isinstance(function, Loss)


def _fitting(true: NDArray[Any], pred: NDArray[Any]) -> NDArray[Any]:
    if true.dtype == np.int32 and true.shape == (len(pred), 1) != pred.shape:
        return true[:, 0]
    if true.ndim == 1 and pred.shape == (len(true), 1):
        true = true[:, None]
    return true.astype(pred.dtype) if true.dtype.kind in "fiub" and true.shape == pred.shape else true
