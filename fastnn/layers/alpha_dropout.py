"""Dropout behind SELU, which keeps the mean and the variance of its numbers."""

from collections.abc import Sequence
from typing import Any

from fastnn.checking.scalars import whole_number_or_none
from fastnn.layers.base import Layer
from fastnn.layers.dropout import checked_rate
from fastnn_ext.engine.plan import Plan

__all__ = ["AlphaDropout"]


class AlphaDropout(Layer):
    """In training, numbers become SELU's floor with probability ``rate``; mean and variance stay what they were.

    ``a x' + b`` with ``a = ((1 - rate) (1 + rate f**2))**-0.5``, ``b = -a f rate`` and the floor ``f = -1.7581``, for
    numbers of mean 0 and variance 1 (Klambauer et al. 2017). Which ones depends on the model's seed, the step and the
    place, not on the number of threads.

    Parameters
    ----------
    rate : float
        At least 0 and below 1.
    seed : int, optional
        As in `Dropout`.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> AlphaDropout(0.5).rate
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
        plan.add_alpha_dropout(self.rate)

    def configuration(self) -> dict[str, Any]:
        seed = {} if self.seed is None else {"seed": self.seed}
        return {"rate": self.rate, **seed, **super().configuration()}
