"""ReLU whose slopes below zero are learned."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fastnn import constraints, regularizers
from fastnn.checking.shapes import Shape
from fastnn.constraints.base import NormConstraint
from fastnn.initializers.names import resolve as resolve_initializer
from fastnn.layers.adjusting import adjust, adjustments
from fastnn.layers.base import NUMBERS, Layer, Variable
from fastnn_ext.engine.plan import Plan

__all__ = ["PReLU"]


class PReLU(Layer):
    """``x`` where it is positive, else ``alpha * x``: each number of a sample has an alpha (He et al. 2015).

    Numbers may share one, such as all positions of an image those of its channels.

    Parameters
    ----------
    alpha_initializer : str, object or function, default "zeros"
        See `fastnn.initializers`.
    alpha_regularizer, alpha_constraint : str or object, optional
        See `fastnn.regularizers` and `fastnn.constraints`; norms are limited where samples are rows.
    shared_axes : int or sequence of int, optional
        Axes of a sample, counted from 1, along which numbers share an alpha, whose array has the length 1 there: of
        samples (32, 32, 3), ``shared_axes=(1, 2)`` gives one of shape (1, 1, 3).
    name, input_shape, trainable
        As in `Layer`.

    Examples
    --------
    >>> from fastnn import Input, Sequential
    >>> Sequential([Input((2,)), PReLU("ones")]).predict([[-3.0, 4.0]])
    array([[-3.,  4.]], dtype=float32)
    >>> Sequential([Input((4, 3)), PReLU(shared_axes=1)]).layers[0].alpha.shape
    (1, 3)

    Raises
    ------
    ValueError
        When ``shared_axes`` are no axes of a sample, each once.
    """

    _instead: ClassVar = {**Layer._instead, "alpha": NUMBERS.format("alpha")}

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        *,
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(name=name, input_shape=input_shape, trainable=trainable)
        self.alpha_initializer = resolve_initializer(alpha_initializer)
        self.alpha_regularizer = regularizers.resolve(alpha_regularizer)
        self.alpha_constraint = constraints.resolve(alpha_constraint)
        self.shared_axes = _axes(shared_axes)

    def output_for(self, input_shape: Shape) -> Shape:
        if any(axis > len(input_shape) for axis in self.shared_axes):
            raise ValueError(
                f"its shared_axes {self.shared_axes} are counted from 1, but it gets samples of shape {input_shape}, "
                f"which have {len(input_shape)}"
            )
        if isinstance(self.alpha_constraint, NormConstraint) and len(input_shape) != 1:
            raise ValueError(
                f"its {self.alpha_constraint!r} limits the norm of a row, but it gets samples of shape {input_shape}: "
                "put a Flatten() before it"
            )
        return input_shape

    def variables(self) -> list[Variable]:
        shape = tuple(1 if axis in self.shared_axes else size for axis, size in enumerate(self.needs_shape(), start=1))
        return [Variable("alpha", shape, self.alpha_initializer, True)]

    def alpha_of_numbers(self) -> NDArray[Any]:
        """The alpha of each number of a sample, one behind the other."""
        return np.broadcast_to(self.arrays["alpha"], self.needs_shape()).reshape(-1)

    @property
    def output_activation(self) -> str:
        # Numbers of either sign.
        return "linear"

    def lower(self, plan: Plan) -> None:
        alpha, shape = self.arrays["alpha"], self.needs_shape()
        order = None
        if alpha.size < math.prod(shape):
            order = np.broadcast_to(np.arange(alpha.size).reshape(alpha.shape), shape).reshape(-1)
        plan.add_prelu(alpha, order)
        adjust(plan, alpha, self.alpha_regularizer, self.alpha_constraint)

    def configuration(self) -> dict[str, Any]:
        shared = {"shared_axes": list(self.shared_axes)} if self.shared_axes else {}
        return {**adjustments(self, ["alpha"]), **shared, **super().configuration()}


def _axes(given: Any) -> tuple[int, ...]:
    """Axes of a sample, each once, in their order; none for None."""
    axes = () if given is None else tuple(given) if isinstance(given, tuple | list) else (given,)
    whole = all(isinstance(one, int | np.integer) and not isinstance(one, bool) for one in axes)
    if not whole or any(one < 1 for one in axes) or len(set(axes)) < len(axes):
        raise ValueError(f"shared_axes must hold axes of a sample, counted from 1, each once, but it is {given!r}")
    return tuple(sorted(int(one) for one in axes))
