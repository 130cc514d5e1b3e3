"""The mean absolute percentage error: ``100 * abs(y_pred - y_true) / abs(y_true)``."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.losses.base import TINY, Example, Loss
from fastnn.registry import Without
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["MeanAbsolutePercentageError"]


class MeanAbsolutePercentageError(Loss):
    """The mean of ``100 * abs(y_pred - y_true) / max(abs(y_true), 1e-7)``, as in Keras.

    A target of 0 weighs as much as ten million others: leave such samples out, or take another loss.

    Examples
    --------
    >>> MeanAbsolutePercentageError().name
    'mean_absolute_percentage_error'
    """

    name = "mean_absolute_percentage_error"
    engine = EngineLoss.MEAN_ABSOLUTE_PERCENTAGE_ERROR
    aliases = ("mape",)
    summed = False
    keras = "MeanAbsolutePercentageError"
    torch = Without("PyTorch has none")
    takes = "numbers other than 0, in the same shapes"
    last_layer = "linear"

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        y_true = rng.choice([-1.0, 1.0], size=(samples, outputs)) * rng.uniform(1, 2, size=(samples, outputs))
        return y_true, rng.normal(size=(samples, outputs))

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        return 100 * np.abs(y_pred - y_true) / np.maximum(np.abs(y_true), TINY)

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        return 100 * np.sign(y_pred - y_true) / np.maximum(np.abs(y_true), TINY)
