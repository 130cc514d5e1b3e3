"""The permuting layer: the axes of samples in another order."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.checking.shapes import Shape
from fastnn.layers.base import Layer
from fastnn_ext.engine.plan import Plan

__all__ = ["Permute"]


class Permute(Layer):
    """Gives the axes of samples another order.

    Parameters
    ----------
    dims : tuple of int
        The axes in their new order, counted from 1, each once: (2, 1) transposes.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> from fastnn import Input, Sequential
    >>> model = Sequential([Input((2, 3)), Permute((2, 1))])
    >>> model.output_shape
    (3, 2)
    >>> model.predict(np.arange(6.0).reshape(1, 2, 3))
    array([[0., 3., 1., 4., 2., 5.]], dtype=float32)
    """

    def __init__(
        self, dims: Sequence[int], *, name: str | None = None, input_shape: Sequence[int] | None = None
    ) -> None:
        super().__init__(name=name, input_shape=input_shape)
        given = tuple(dims) if isinstance(dims, tuple | list) else (dims,)
        whole = all(isinstance(one, int | np.integer) and not isinstance(one, bool) for one in given)
        if not given or not whole or sorted(given) != list(range(1, len(given) + 1)):
            raise ValueError(f"dims must hold the axes of a sample from 1 on, each once, but it is {dims!r}")
        self.dims = tuple(int(one) for one in given)

    def output_for(self, input_shape: Shape) -> Shape:
        if len(input_shape) != len(self.dims):
            raise ValueError(f"its dims {self.dims} are those of {len(self.dims)} axes, but samples have {input_shape}")
        return tuple(input_shape[one - 1] for one in self.dims)

    def lower(self, plan: Plan) -> None:
        shape = self.needs_shape()
        places = np.arange(math.prod(shape)).reshape(shape)
        plan.add_permutation(places.transpose([one - 1 for one in self.dims]).ravel())

    def configuration(self) -> dict[str, Any]:
        return {"dims": list(self.dims), **super().configuration()}
