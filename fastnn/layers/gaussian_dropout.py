"""Dropout by normal factors: numbers are multiplied, and none is left out."""

from collections.abc import Sequence
from typing import Any

from fastnn.checking.scalars import whole_number_or_none
from fastnn.layers.base import Layer
from fastnn.layers.dropout import checked_rate
from fastnn_ext.engine.plan import Plan

__all__ = ["GaussianDropout"]


class GaussianDropout(Layer):
    """In training, numbers are multiplied by normal ones of mean 1 and variance ``rate / (1 - rate)``.

    A dropout of that rate has the same mean and variance (Srivastava et al. 2014, section 10). The factors depend on
    the model's seed, the step and the place, not on the number of threads.

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
    >>> GaussianDropout(0.5).rate
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
        plan.add_gaussian_dropout(self.rate)

    def configuration(self) -> dict[str, Any]:
        seed = {} if self.seed is None else {"seed": self.seed}
        return {"rate": self.rate, **seed, **super().configuration()}
