"""The mean squared logarithmic error: ``(log(1 + y_pred) - log(1 + y_true))**2``."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.losses.base import TINY, Example, Loss
from fastnn.registry import Without
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["MeanSquaredLogarithmicError"]


class MeanSquaredLogarithmicError(Loss):
    """The mean of ``(log(1 + y_pred) - log(1 + y_true))**2``, for numbers of very different sizes.

    Both are at least 1e-7, as in Keras: an output below it has no gradient, so take outputs that are positive.

    Examples
    --------
    >>> MeanSquaredLogarithmicError().name
    'mean_squared_logarithmic_error'
    """

    name = "mean_squared_logarithmic_error"
    engine = EngineLoss.MEAN_SQUARED_LOGARITHMIC_ERROR
    aliases = ("msle",)
    summed = False
    keras = "MeanSquaredLogarithmicError"
    torch = Without("PyTorch has none")
    takes = "numbers from 0 up, in the same shapes"
    last_layer = "softplus"
    low = 0.0
    meaning = "numbers that are not negative"

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        return rng.uniform(0, 4, size=(samples, outputs)), rng.uniform(0.2, 4, size=(samples, outputs))

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        return self._error(y_true, y_pred) ** 2

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        return np.where(y_pred < TINY, 0.0, 2 * self._error(y_true, y_pred) / (1 + y_pred))

    def _error(self, y_true: Any, y_pred: Any) -> Any:
        return np.log1p(np.maximum(y_pred, TINY)) - np.log1p(np.maximum(y_true, TINY))
