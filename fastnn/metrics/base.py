"""What all metric objects share, and how they read a batch.

``y_pred`` comes from training as C-contiguous float32 or float64 rows of shape (n, outputs); ``y_true`` as rows of that
shape, of floats or uint8, or as integer class numbers of shape (n, 1).
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.checking.number import Number
from fastnn.checking.scalars import true_or_false
from fastnn.checking.strict import Strict
from fastnn.encoding import to_categorical
from fastnn.metrics.labels import arrays_of, read_weights
from fastnn.metrics.states import Rows, weights_of

__all__ = ["PIECES", "FunctionMetric", "Metric", "check_decisions", "check_shape", "read_rows"]

# What each of the package's own defines, beside what it computes.
PIECES = ("aliases",)


class Metric(Strict):
    """A metric with a name, for ``model.compile(metrics=[...])``, or to be used alone.

    By itself it is Keras': `update_state` takes a batch, `result` judges all batches since `reset_state`, and a call
    does both. Training judges the whole of an epoch at once by `compute`, which leaves the state alone.

    A class of your own defines `compute`, or ``__call__`` with the same meaning, and need not know of weights; or all
    three of ``update_state``, ``result`` and ``reset_state``, as in Keras.

    Parameters
    ----------
    name : str
        Under which the history keeps its values.

    Attributes
    ----------
    aliases : tuple of str
        Of the package's own: further names that users may write.
    larger_is_better : bool or None
        Which way is better, for callbacks that look for the best epoch. A class or an object of your own may set it;
        None does not tell, and such callbacks then need their ``mode``.

    Raises
    ------
    TypeError
        If `name` is not a string.
    ValueError
        If `name` is empty.

    Examples
    --------
    >>> class Bias(Metric):
    ...     def __init__(self, name="bias"):
    ...         super().__init__(name)
    ...
    ...     def compute(self, y_true, y_pred):
    ...         return float(np.mean(y_pred) - np.mean(y_true))
    >>> bias = Bias()
    >>> bias.update_state(np.array([[1.0], [2.0]]), np.array([[1.5], [2.5]]))
    >>> bias.update_state(np.array([[1.0], [2.0]]), np.array([[1.0], [2.0]]))
    >>> bias.result()
    0.25
    """

    name: str
    aliases: tuple[str, ...]
    larger_is_better: bool | None = None
    # Whether training judges batch by batch, by `update_state` and `result`, and not the whole of an epoch at once.
    by_batch: ClassVar[bool] = False

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"name must be a string, but it is {name!r}")
        if not name:
            raise ValueError("name must not be empty: the history keeps the metric's values under it")
        self.name = name

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Judge samples by themselves: what was counted before does not matter, and nothing is remembered.

        Parameters
        ----------
        y_true, y_pred : array-like
            Of a batch, or of a whole data set.
        sample_weight : array-like, shape (samples,), optional
            How much each sample counts, not negative.

        Returns
        -------
        float
            An array where the metric has several thresholds.
        """
        kind = type(self)
        if kind.__call__ is not Metric.__call__:
            if sample_weight is not None:
                raise TypeError(f"the metric {self.name} knows no sample_weight: its __call__ takes y_true and y_pred")
            return self(y_true, y_pred)
        if kind.update_state is not Metric.update_state and kind.result is not Metric.result:
            self.reset_state()
            self.update_state(y_true, y_pred, *(() if sample_weight is None else (sample_weight,)))
            return self.result()
        raise NotImplementedError(f"{kind.__name__} has no compute(y_true, y_pred) that returns a float")

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Count a batch; parameters and errors are those of `compute`. A batch that is refused is not counted.

        Metrics that are no means of samples, such as the area under a curve, keep the rows themselves until
        `reset_state`, so that the result is exact.
        """
        true, pred = arrays_of(y_true, y_pred)
        weights = weights_of(sample_weight, len(np.atleast_1d(pred)))
        if weights is None or np.any(weights):
            # Its checks come first.
            value = self._judged(true, pred, weights)
            self._count(true, pred, weights, value)

    def _judged(self, y_true: ArrayLike, y_pred: ArrayLike, weights: NDArray[Any] | None) -> Any:
        return self.compute(y_true, y_pred) if weights is None else self.compute(y_true, y_pred, weights)

    def _count(self, y_true: ArrayLike, y_pred: ArrayLike, weights: NDArray[Any] | None, value: Any) -> None:
        """Add a batch to the state, whose own value is known."""
        rows = self.__dict__.setdefault("_state", Rows())
        rows.add(y_true, y_pred, weights)
        self.__dict__["_first"] = value

    def result(self) -> Any:
        """The metric of all that was counted since `reset_state`; NaN where that is nothing."""
        rows = self.__dict__.get("_state")
        if rows is None:
            return math.nan
        found = self.__dict__["_first"] if len(rows) == 1 else self._judged(*rows.all())
        return Number(found) if isinstance(found, float) else found

    def reset_state(self) -> None:
        """Forget what was counted."""
        self.__dict__.pop("_state", None)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Count a batch, and return the metric of all that was counted since `reset_state`."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def check_truth(self, y_true: Any, outputs: Any) -> None:
        """Raise ValueError where the metric has no meaning for targets: training asks before its first step.

        Parameters
        ----------
        y_true : ndarray, shape (samples, outputs), or (samples, 1) of class numbers
        outputs : int
            The number of the model's outputs.
        """

    def configuration(self) -> dict[str, object]:
        """The constructor's arguments as plain values, for saving."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def get_config(self) -> dict[str, Any]:
        """`configuration` as Keras calls it, with lists in place of tuples: what JSON can hold."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in self.configuration().items()
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A new one of what `get_config` gave; errors are those of the class."""
        return cls(**config)

    @property
    def values(self) -> int | None:
        """How many numbers it gives, as an array; None where it gives one, as a history needs."""
        return None

    @property
    def least_outputs(self) -> int:
        """How many outputs a model needs at least for this metric to mean something."""
        return 1

    def __repr__(self) -> str:
        settings = (f"{name}={value!r}" for name, value in vars(self).items() if not name.startswith("_"))
        return f"{type(self).__name__}({', '.join(settings)})"


class FunctionMetric(Metric):
    """A function of ``(y_true, y_pred)`` as a metric: it returns one number, or one for each sample to be averaged.

    Parameters
    ----------
    function : callable
    name : str, optional
        By default the function's own name.
    larger_is_better : bool, optional
        As in `Metric`; by default the function's own attribute of this name, where it has one.

    Raises
    ------
    TypeError
        If `function` is not callable, or the direction neither True nor False; when called, if it returns something
        else than real numbers.

    Examples
    --------
    >>> def largest_error(y_true, y_pred):
    ...     return np.max(np.abs(y_true - y_pred))
    >>> metric = FunctionMetric(largest_error)
    >>> metric.name, metric(np.array([[1.0], [2.0]]), np.array([[1.0], [2.5]]))
    ('largest_error', 0.5)
    """

    function: Callable[[Any, Any], Any]

    def __init__(
        self,
        function: Callable[[Any, Any], Any],
        name: str | None = None,
        *,
        larger_is_better: bool | None = None,
    ) -> None:
        if not callable(function):
            raise TypeError(f"a metric must be a function of (y_true, y_pred), but it is {function!r}")
        own = getattr(function, "__name__", None) or getattr(function, "name", None) or type(function).__name__
        super().__init__(str(own) if name is None else name)
        self.function = function
        declared = getattr(function, "larger_is_better", None) if larger_is_better is None else larger_is_better
        if declared is not None:
            self.larger_is_better = true_or_false(declared, "larger_is_better")

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Call the function; weights need one number for each sample."""
        value = self._returned(y_true, y_pred)
        weights = read_weights(sample_weight, len(np.atleast_1d(y_pred)))
        if weights is not None:
            if value.shape[:1] != weights.shape:
                raise ValueError(
                    f"the metric {self.name} returned an array of shape {value.shape} for {len(weights)} samples: to "
                    "be weighed by sample, it must return one number for each"
                )
            return float(np.average(value.reshape(len(weights), -1).mean(axis=1), weights=weights))
        return float(value.mean()) if value.ndim else float(value)

    def _returned(self, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
        value = np.asarray(self.function(y_true, y_pred))
        if value.dtype.kind not in "biuf" or value.size == 0:
            raise TypeError(
                f"the metric {self.name} returned {value!r}; expected a number, or one for each sample. Return a float."
            )
        return value


def check_decisions(name: str, true: NDArray[Any]) -> None:
    """Raise ValueError where a truth is neither 0 nor 1.

    >>> check_decisions("precision", np.array([[0.0], [1.0], [-1.0]]))
    Traceback (most recent call last):
    ValueError: the metric precision takes targets 0 and 1, but y_true holds -1: make classes -1 and 1 by (y + 1) / 2
    """
    known = (true == 0) | (true == 1)
    if known.all():
        return
    strange = true[~known][0]
    hint = ": make classes -1 and 1 by (y + 1) / 2" if strange == -1 else ", which is no decision"
    raise ValueError(f"the metric {name} takes targets 0 and 1, but y_true holds {strange:g}{hint}")


def check_shape(name: str, true: NDArray[Any], outputs: int) -> None:
    """Raise ValueError where there is not a target for each output."""
    if true.ndim != 2 or true.shape[1] != outputs:
        raise ValueError(
            f"the metric {name} takes targets of shape (samples, {outputs}), one for each output, but y_true has shape "
            f"{true.shape}: class numbers become rows by fastnn.to_categorical"
        )


def read_rows(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return both with shape (n, outputs): class numbers beside two or more outputs become one-hot rows of uint8.

    >>> read_rows([2, 0], np.zeros((2, 3)))[0]
    array([[0, 0, 1],
           [1, 0, 0]], dtype=uint8)
    """
    true, pred = arrays_of(y_true, y_pred)
    if pred.ndim == 1:
        pred = pred[:, None]
    if pred.ndim == 2 and true.shape in (pred.shape[:1], (len(pred), 1)):
        true = true.reshape(-1, 1) if pred.shape[1] == 1 else to_categorical(true, pred.shape[1], dtype=np.uint8)
    return true, pred
