"""The pinball loss: ``max(q (y - p), (q - 1) (y - p))`` (Koenker and Bassett 1978)."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.checking.scalars import non_negative_number
from fastnn.losses.base import Example, Loss
from fastnn.registry import Without
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["Quantile"]


class Quantile(Loss):
    """The pinball loss, whose minimum is a quantile of the target: ``max(q (y - p), (q - 1) (y - p))``.

    Parameters
    ----------
    quantile : float, default 0.5
        Between 0 and 1: 0.9 gives predictions that nine targets in ten are below.
    reduction
        As in `Loss`.

    Examples
    --------
    >>> Quantile(0.9)
    Quantile(quantile=0.9)
    """

    name = "quantile"
    engine = EngineLoss.QUANTILE
    aliases = ("pinball",)
    summed = False
    keras = Without("Keras has none")
    torch = Without("PyTorch has none")
    takes = "numbers, (samples, outputs); (samples,) where there is one output"
    last_layer = "linear"

    def __init__(self, quantile: float = 0.5, *, reduction: str | None = "sum_over_batch_size") -> None:
        super().__init__(reduction)
        self.quantile = non_negative_number(quantile, "quantile")
        if not 0 < self.quantile < 1:
            raise ValueError(f"quantile must be between 0 and 1, but it is {quantile}")

    def options(self) -> dict[str, Any]:
        return {"loss_numbers": (self.quantile,)}

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        return rng.normal(size=(samples, outputs)), rng.normal(size=(samples, outputs))

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        error = y_true - y_pred
        return np.maximum(self.quantile * error, (self.quantile - 1) * error)

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        return np.where(y_true > y_pred, -self.quantile, 1 - self.quantile)
