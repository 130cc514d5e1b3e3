"""A penalty on what passes through."""

from collections.abc import Sequence
from typing import Any

from fastnn.layers.adjusting import penalize_outputs
from fastnn.layers.base import Layer
from fastnn.regularizers import L1L2
from fastnn_ext.engine.plan import Plan

__all__ = ["ActivityRegularization"]


class ActivityRegularization(Layer):
    """Hands on what it gets; ``l1 * sum(abs(x)) + l2 * sum(x**2)`` of a sample, on average, is added to the loss.

    Parameters
    ----------
    l1, l2 : float, default 0
        Finite and not negative.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> ActivityRegularization(l1=0.01).build((20,))
    (20,)
    """

    def __init__(
        self, l1: float = 0.0, l2: float = 0.0, *, name: str | None = None, input_shape: Sequence[int] | None = None
    ) -> None:
        super().__init__(name=name, input_shape=input_shape)
        self._penalty = L1L2(l1, l2)

    @property
    def l1(self) -> float:
        return self._penalty.l1

    @property
    def l2(self) -> float:
        return self._penalty.l2

    def lower(self, plan: Plan) -> None:
        penalize_outputs(plan, self._penalty)

    def configuration(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2, **super().configuration()}
