"""The hinge loss: ``max(0, 1 - y * y_pred)`` of classes -1 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.losses.base import Example, Loss
from fastnn.registry import Without
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["Hinge"]


class Hinge(Loss):
    """``max(0, 1 - y * y_pred)`` for classes -1 and 1; 0 stands for -1.

    Examples
    --------
    >>> Hinge().name
    'hinge'
    """

    name = "hinge"
    engine = EngineLoss.HINGE
    aliases = ()
    summed = False
    keras = "Hinge"
    torch = Without("PyTorch's has a margin for one class alone")
    takes = "-1 and 1, or 0 and 1"
    last_layer = "tanh"
    low, high = -1.0, 1.0
    meaning = "classes -1 and 1, or 0 and 1"

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        return rng.choice([-1.0, 1.0], size=(samples, outputs)), rng.normal(size=(samples, outputs))

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        return np.maximum(0, 1 - np.where(y_true > 0, 1, -1) * y_pred)

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        sign = np.where(y_true > 0, 1, -1)
        return np.where(sign * y_pred < 1, -sign, 0)
