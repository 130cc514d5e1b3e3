"""Dropout: in training, numbers are left out at random, so that no unit can rely on another alone."""

from collections.abc import Sequence
from typing import Any

from fastnn.checking.scalars import whole_number_or_none
from fastnn.layers.base import Layer
from fastnn_ext.engine.plan import Plan

__all__ = ["Dropout", "checked_rate"]


def checked_rate(rate: object) -> float:
    """The share of numbers that a dropout leaves out; TypeError or ValueError where it is none."""
    if isinstance(rate, bool) or not isinstance(rate, int | float):
        raise TypeError(f"rate must be a number, but it is {rate!r}")
    if not 0 <= rate < 1:
        raise ValueError(f"rate must be at least 0 and below 1, but it is {rate}")
    return float(rate)


class Dropout(Layer):
    """Numbers become 0 with probability ``rate``; the others grow by ``1 / (1 - rate)``, so that sums keep their mean.

    Only in training (Srivastava et al. 2014, in the inverted form). Which ones depends on the model's seed, the step
    and the place, not on the number of threads.

    Parameters
    ----------
    rate : float
        At least 0 and below 1.
    seed : int, optional
        With it, training draws the same numbers each time, whatever the model's own seed: the seeds of a model's layers
        then decide what all of them draw.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> Dropout(0.5).rate
    0.5
    """

    def __init__(
        self,
        rate: float,
        *,
        seed: int | None = None,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(name=name, input_shape=input_shape)
        self.seed = whole_number_or_none(seed, "seed", at_least=0)
        self.rate = checked_rate(rate)

    def lower(self, plan: Plan) -> None:
        plan.add_dropout(self.rate)

    def configuration(self) -> dict[str, Any]:
        seed = {} if self.seed is None else {"seed": self.seed}
        return {"rate": self.rate, **seed, **super().configuration()}
