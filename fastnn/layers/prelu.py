"""ReLU whose slopes below zero are learned."""

from collections.abc import Sequence
from typing import Any

from fastnn.initializers.names import resolve as resolve_initializer
from fastnn.layers.base import Layer, Variable
from fastnn_ext.engine.plan import Plan

__all__ = ["PReLU"]


class PReLU(Layer):
    """``x`` where it is positive, else ``alpha * x``: each number of a sample has an alpha (He et al. 2015).

    Parameters
    ----------
    alpha_initializer : str, object or function, default "zeros"
        See `fastnn.initializers`.
    name, input_shape, trainable
        As in `Layer`.

    Examples
    --------
    >>> from fastnn import Input, Sequential
    >>> Sequential([Input((2,)), PReLU("ones")]).predict([[-3.0, 4.0]])
    array([[-3.,  4.]], dtype=float32)
    """

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(name=name, input_shape=input_shape, trainable=trainable)
        self.alpha_initializer = resolve_initializer(alpha_initializer)

    def variables(self) -> list[Variable]:
        return [Variable("alpha", self.needs_shape(), self.alpha_initializer, True)]

    @property
    def output_activation(self) -> str:
        # Numbers of either sign.
        return "linear"

    def lower(self, plan: Plan) -> None:
        plan.add_prelu(self.arrays["alpha"])
