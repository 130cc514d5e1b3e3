"""Huber's loss: ``e**2 / 2`` of small errors, ``delta * (abs(e) - delta / 2)`` of large ones (Huber 1964)."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.checking.scalars import non_negative_number
from fastnn.losses.base import Example, Loss
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["Huber"]


class Huber(Loss):
    """``e**2 / 2`` up to `delta`, then ``delta * (abs(e) - delta / 2)``, so that outliers pull less (Huber 1964).

    Parameters
    ----------
    delta : float, default 1
        Above 0.
    reduction
        As in `Loss`.

    Examples
    --------
    >>> Huber(delta=2.0)
    Huber(delta=2.0)
    """

    name = "huber"
    engine = EngineLoss.HUBER
    aliases = ()
    summed = False
    keras = "Huber"
    torch = "HuberLoss"
    takes = "numbers, (samples, outputs); (samples,) where there is one output"
    last_layer = "linear"

    def __init__(self, delta: float = 1.0, *, reduction: str | None = "sum_over_batch_size") -> None:
        super().__init__(reduction)
        self.delta = non_negative_number(delta, "delta")
        if self.delta == 0:
            raise ValueError("delta must be above 0, but it is 0")

    def options(self) -> dict[str, Any]:
        return {"loss_numbers": (self.delta,)}

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        return rng.normal(size=(samples, outputs)), rng.normal(size=(samples, outputs))

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        size = np.abs(y_pred - y_true)
        return np.where(size <= self.delta, size**2 / 2, self.delta * (size - self.delta / 2))

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        return np.clip(y_pred - y_true, -self.delta, self.delta)
