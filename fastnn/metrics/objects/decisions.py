"""What metrics of positive and negative decisions share: which outputs decide, and their counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.checking.number import Number
from fastnn.checking.scalars import finite_number, whole_number
from fastnn.metrics.base import Metric, check_decisions, read_rows
from fastnn.metrics.labels import arrays_of, read_weights
from fastnn.metrics.states import Counted, weights_of
from fastnn_ext.bindings.metrics import decision_counts

__all__ = ["Decisions", "share_decided"]


class Decisions(Metric):
    """Counts of decisions, outputs above a threshold, and what follows from them; use a subclass.

    Its state is these counts.
    """

    larger_is_better = True
    thresholds: float | tuple[float, ...]
    class_id: int | None

    def __init__(self, thresholds: float | Sequence[float] | None, class_id: SupportsIndex | None, name: str) -> None:
        super().__init__(name)
        self.thresholds = _checked(thresholds)
        self.class_id = None if class_id is None else whole_number(class_id, "class_id", at_least=0)

    @property
    def values(self) -> int | None:
        return len(self.thresholds) if isinstance(self.thresholds, tuple) else None

    @property
    def least_outputs(self) -> int:
        return 1 if self.class_id is None else self.class_id + 1

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        if y_true.shape[1] == outputs:
            check_decisions(self.name, y_true if self.class_id is None else y_true[:, self.class_id])

    def of_counts(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """The metric of each threshold, from true positives, false positives, false and true negatives: its rows."""
        raise NotImplementedError(f"{type(self).__name__} counts nothing")

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        return self._shaped(self.of_counts(self.counts(y_true, y_pred, sample_weight)))

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        y_true, y_pred = arrays_of(y_true, y_pred)
        weights = weights_of(sample_weight, len(np.atleast_1d(y_pred)))
        if weights is not None and not np.any(weights):
            return
        counts = self.counts(y_true, y_pred, weights)
        self.__dict__.setdefault("_state", Counted()).add(counts)

    def result(self) -> Any:
        state = self.__dict__.get("_state")
        return math.nan if state is None else self._shaped(self.of_counts(state.counts))

    def _shaped(self, values: NDArray[np.float64]) -> Any:
        return values if self.values is not None else Number(values[0])

    def counts(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """True positives, false positives, false negatives and true negatives, shape (4, thresholds)."""
        true, pred = read_rows(y_true, y_pred)
        if self.class_id is not None:
            if pred.ndim != 2 or pred.shape[1] <= self.class_id:
                raise ValueError(f"y_pred has shape {pred.shape}; expected a column for class_id {self.class_id}.")
            if true.shape == pred.shape:
                true, pred = true[:, self.class_id, None], pred[:, self.class_id, None]
        thresholds = self.thresholds if isinstance(self.thresholds, tuple) else (self.thresholds,)
        # Where there are weights, these are for their checks.
        found: list[tuple[float, ...]] = [decision_counts(true, pred, threshold) for threshold in thresholds]
        check_decisions(self.name, true)
        weights = read_weights(sample_weight, len(pred))
        if weights is not None:
            positive, each = true == 1, weights[:, None]
            found = [_weighted(positive, pred > threshold, each) for threshold in thresholds]
        return np.array(found, np.float64).T


def _checked(thresholds: object) -> float | tuple[float, ...]:
    if thresholds is None:
        return 0.5
    if isinstance(thresholds, Sequence | np.ndarray) and not isinstance(thresholds, str):
        found = tuple(finite_number(number, "each of thresholds") for number in thresholds)
        if not found:
            raise ValueError("thresholds must hold at least one number, but it is empty")
        return found
    return finite_number(thresholds, "thresholds")


def _weighted(true: NDArray[Any], pred: NDArray[Any], each: NDArray[Any]) -> tuple[float, ...]:
    parts = (true & pred, ~true & pred, true & ~pred, ~true & ~pred)
    return tuple(float((part * each).sum()) for part in parts)


def share_decided(
    y_true: ArrayLike, y_pred: ArrayLike, threshold: float, sample_weight: ArrayLike | None = None
) -> float:
    """The share of outputs that are on the side of a threshold where the truth, 0 or 1, wants them.

    >>> share_decided(np.array([[1.0, 0.0]]), np.array([[0.2, 0.1]]), 0.0)
    0.5
    """
    true, pred = read_rows(y_true, y_pred)
    decision_counts(true, pred, threshold)  # for its checks: it would cut the truth at one half
    right = (pred > threshold) == true
    weights = read_weights(sample_weight, len(pred))
    if weights is not None:
        return float(np.average(right.mean(axis=1), weights=weights))
    return int(np.count_nonzero(right)) / pred.size
