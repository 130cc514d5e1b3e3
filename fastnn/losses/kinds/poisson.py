"""Poisson's loss: ``y_pred - y_true * log(y_pred)``, the negative logarithm of a count's likelihood."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.losses.base import TINY, Example, Loss
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["Poisson"]


class Poisson(Loss):
    """``y_pred - y_true * log(y_pred)`` for counts; outputs must be positive, as a softplus makes them.

    Examples
    --------
    >>> Poisson().name
    'poisson'
    """

    name = "poisson"
    engine = EngineLoss.POISSON
    aliases = ()
    summed = False
    keras = "Poisson"
    torch = "PoissonNLLLoss"
    takes = "counts from 0 up, in the same shapes"
    last_layer = "softplus"
    low = 0.0
    meaning = "counts, which are not negative"

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        counts = rng.poisson(2.0, size=(samples, outputs)).astype(float)
        return counts, rng.uniform(0.2, 4, size=(samples, outputs))

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        return y_pred - y_true * np.log(y_pred + TINY)

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        return 1 - y_true / (y_pred + TINY)
