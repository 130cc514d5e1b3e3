"""The mean absolute error: ``abs(y_pred - y_true)``."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.losses.base import Example, Loss
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["MeanAbsoluteError"]


class MeanAbsoluteError(Loss):
    """The mean of ``abs(y_pred - y_true)``; its slope at zero is 0.

    Examples
    --------
    >>> MeanAbsoluteError().name
    'mean_absolute_error'
    """

    name = "mean_absolute_error"
    engine = EngineLoss.MEAN_ABSOLUTE_ERROR
    aliases = ("mae",)
    summed = False
    keras = "MeanAbsoluteError"
    torch = "L1Loss"
    takes = "numbers, (samples, outputs); (samples,) where there is one output"
    last_layer = "linear"

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        return rng.normal(size=(samples, outputs)), rng.normal(size=(samples, outputs))

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        return np.abs(y_pred - y_true)

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        return np.sign(y_pred - y_true)
