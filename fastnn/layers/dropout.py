"""Dropout: in training, numbers are left out at random, so that no unit can rely on another alone."""

from collections.abc import Sequence
from typing import Any

from fastnn.layers.base import Layer
from fastnn_ext.engine.plan import Plan

__all__ = ["Dropout"]


class Dropout(Layer):
    """Numbers become 0 with probability ``rate``; the others grow by ``1 / (1 - rate)``, so that sums keep their mean.

    Only in training (Srivastava et al. 2014, in the inverted form). Which ones depends on the model's seed, the step
    and the place, not on the number of threads.

    Parameters
    ----------
    rate : float
        At least 0 and below 1.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> Dropout(0.5).rate
    0.5
    """

    def __init__(self, rate: float, *, name: str | None = None, input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, input_shape=input_shape)
        if isinstance(rate, bool) or not isinstance(rate, int | float):
            raise TypeError(f"rate must be a number, but it is {rate!r}")
        if not 0 <= rate < 1:
            raise ValueError(f"rate must be at least 0 and below 1, but it is {rate}")
        self.rate = float(rate)

    def lower(self, plan: Plan) -> None:
        plan.add_dropout(self.rate)

    def configuration(self) -> dict[str, Any]:
        return {"rate": self.rate, **super().configuration()}
