"""ReLU whose slopes below zero are learned."""

from collections.abc import Sequence
from typing import Any, ClassVar

from fastnn import constraints, regularizers
from fastnn.checking.shapes import Shape
from fastnn.constraints.base import NormConstraint
from fastnn.initializers.names import resolve as resolve_initializer
from fastnn.layers.adjusting import adjust, adjustments
from fastnn.layers.base import Layer, Variable
from fastnn_ext.engine.plan import Plan

__all__ = ["PReLU"]


class PReLU(Layer):
    """``x`` where it is positive, else ``alpha * x``: each number of a sample has an alpha (He et al. 2015).

    Parameters
    ----------
    alpha_initializer : str, object or function, default "zeros"
        See `fastnn.initializers`.
    alpha_regularizer, alpha_constraint : str or object, optional
        See `fastnn.regularizers` and `fastnn.constraints`; norms are limited where samples are rows.
    name, input_shape, trainable
        As in `Layer`.

    Examples
    --------
    >>> from fastnn import Input, Sequential
    >>> Sequential([Input((2,)), PReLU("ones")]).predict([[-3.0, 4.0]])
    array([[-3.,  4.]], dtype=float32)
    """

    _instead: ClassVar = {**Layer._instead, "shared_axes": "each number of a sample has a slope of its own"}

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        *,
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(name=name, input_shape=input_shape, trainable=trainable)
        self.alpha_initializer = resolve_initializer(alpha_initializer)
        self.alpha_regularizer = regularizers.resolve(alpha_regularizer)
        self.alpha_constraint = constraints.resolve(alpha_constraint)

    def output_for(self, input_shape: Shape) -> Shape:
        if isinstance(self.alpha_constraint, NormConstraint) and len(input_shape) != 1:
            raise ValueError(
                f"its {self.alpha_constraint!r} limits the norm of a row, but it gets samples of shape {input_shape}: "
                "put a Flatten() before it"
            )
        return input_shape

    def variables(self) -> list[Variable]:
        return [Variable("alpha", self.needs_shape(), self.alpha_initializer, True)]

    @property
    def output_activation(self) -> str:
        # Numbers of either sign.
        return "linear"

    def lower(self, plan: Plan) -> None:
        plan.add_prelu(self.arrays["alpha"])
        adjust(plan, self.arrays["alpha"], self.alpha_regularizer, self.alpha_constraint)

    def configuration(self) -> dict[str, Any]:
        return {**adjustments(self, ["alpha"]), **super().configuration()}
