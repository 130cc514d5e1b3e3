"""The mean of any numbers, such as the losses of a loop of one's own."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from fastnn.arrays.numbers import numeric_array
from fastnn.checking.number import Number
from fastnn.metrics.base import Metric
from fastnn.metrics.states import RunningMean

__all__ = ["Mean"]


class Mean(Metric):
    """The mean of all values since `reset_state`; it judges no outputs, so ``compile`` does not take it.

    Parameters
    ----------
    name : str, default "mean"

    Examples
    --------
    >>> mean = Mean()
    >>> mean.update_state([1.0, 3.0])
    >>> mean(5.0)
    3.0
    >>> mean.reset_state()
    >>> mean([1.0, 3.0], sample_weight=[1.0, 0.0])
    1.0
    """

    def __init__(self, name: str = "mean") -> None:
        super().__init__(name)

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:  # type: ignore[override]
        """Count values, an array of any shape or a number.

        Parameters
        ----------
        values : array-like
        sample_weight : array-like, optional
            A number, or of the shape of `values`, or of the first axes of it.

        Raises
        ------
        TypeError, ValueError
            For what are no numbers, or weights that do not fit or are negative.
        """
        array = numeric_array(values, "values").astype(np.float64)
        if array.size == 0:
            return
        weights = np.ones(array.shape)
        if sample_weight is not None:
            given = numeric_array(sample_weight, "sample_weight").astype(np.float64)
            if given.shape != array.shape[: given.ndim] or (given < 0).any() or not np.isfinite(given).all():
                raise ValueError(
                    f"sample_weight must be finite, not negative and of the shape of values, {array.shape}, but it is "
                    f"{given}"
                )
            # Of what has one weight, the mean counts, as in Keras.
            array, weights = array.mean(axis=tuple(range(given.ndim, array.ndim))), given
        whole = float(weights.sum())
        if whole:
            mean = float((array * weights).sum()) / whole
            self.__dict__.setdefault("_state", RunningMean()).add(mean, whole)

    def result(self) -> float:
        state = self.__dict__.get("_state")
        return Number(math.nan if state is None else state.value)

    def __call__(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> float:  # type: ignore[override]
        """Count values, and return the mean of all since `reset_state`."""
        self.update_state(values, sample_weight)
        return self.result()
