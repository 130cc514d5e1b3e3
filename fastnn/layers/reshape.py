"""The reshaping layer: the same numbers in another shape. The engine reads rows anyway, so it costs nothing."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.checking.shapes import Shape
from fastnn.layers.base import Layer
from fastnn_ext.engine.plan import Plan

__all__ = ["Reshape"]


class Reshape(Layer):
    """Gives samples another shape, in the order in which their numbers lie.

    Parameters
    ----------
    target_shape : tuple of int
        Of a sample. One size may be -1: what is left.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> Reshape((2, -1)).build((6,))
    (2, 3)
    """

    def __init__(
        self, target_shape: Sequence[int], *, name: str | None = None, input_shape: Sequence[int] | None = None
    ) -> None:
        super().__init__(name=name, input_shape=input_shape)
        sizes = tuple(target_shape) if isinstance(target_shape, tuple | list) else (target_shape,)
        for size in sizes:
            if isinstance(size, bool) or not isinstance(size, int | np.integer):
                raise TypeError(f"target_shape must be a tuple of integers, but it is {target_shape!r}")
        if not sizes or any(size < 1 and size != -1 for size in sizes) or sizes.count(-1) > 1:
            raise ValueError(
                f"target_shape must have sizes of at least 1, of which one may be -1, but it is {target_shape!r}"
            )
        self.target_shape = tuple(int(size) for size in sizes)

    def output_for(self, input_shape: Shape) -> Shape:
        size, known = math.prod(input_shape), math.prod(one for one in self.target_shape if one != -1)
        if size % known or (-1 not in self.target_shape and size != known):
            raise ValueError(
                f"samples of shape {input_shape} hold {size} numbers, which do not fit {self.target_shape}"
            )
        return tuple(size // known if one == -1 else one for one in self.target_shape)

    def lower(self, plan: Plan) -> None:
        pass

    def configuration(self) -> dict[str, Any]:
        return {"target_shape": list(self.target_shape), **super().configuration()}
