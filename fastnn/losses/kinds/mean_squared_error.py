"""The mean squared error: ``(y_pred - y_true)**2``."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.losses.base import Example, Loss
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["MeanSquaredError"]


class MeanSquaredError(Loss):
    """The mean of ``(y_pred - y_true)**2``.

    Examples
    --------
    >>> MeanSquaredError().name
    'mean_squared_error'
    """

    name = "mean_squared_error"
    engine = EngineLoss.MEAN_SQUARED_ERROR
    aliases = ("mse",)
    summed = False
    keras = "MeanSquaredError"
    torch = "MSELoss"
    takes = "numbers, (samples, outputs); (samples,) where there is one output"
    last_layer = "linear"

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        return rng.normal(size=(samples, outputs)), rng.normal(size=(samples, outputs))

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        return (y_pred - y_true) ** 2

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        return 2 * (y_pred - y_true)
