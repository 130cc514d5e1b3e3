"""The root of the mean squared error."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.checking.number import Number
from fastnn.metrics.objects.mean_squared_error import MeanSquaredError

__all__ = ["RootMeanSquaredError"]


class RootMeanSquaredError(MeanSquaredError):
    """The square root of the mean of ``(y_pred - y_true)**2`` over samples and outputs, in double precision.

    Examples
    --------
    >>> RootMeanSquaredError()(np.array([[1.0], [2.0]]), np.array([[1.0], [4.0]])) ** 2
    2.0000000000000004
    """

    aliases = ("rmse",)

    def __init__(self, name: str = "root_mean_squared_error") -> None:
        super().__init__(name)

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return math.sqrt(super().compute(y_true, y_pred, sample_weight))

    def _judged(self, y_true: ArrayLike, y_pred: ArrayLike, weights: NDArray[np.float64] | None) -> float:
        # What is averaged over batches are squares.
        return super().compute(y_true, y_pred, weights)

    def result(self) -> float:
        return Number(math.sqrt(super().result()))
