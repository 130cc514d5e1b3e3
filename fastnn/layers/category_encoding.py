"""The encoding of categories as zeros and ones."""

from collections.abc import Sequence
from typing import Any

from fastnn.checking.scalars import whole_number
from fastnn.checking.shapes import Shape
from fastnn.layers.base import Layer
from fastnn_ext.engine.plan import Plan

__all__ = ["CategoryEncoding"]

_MODES = ("one_hot", "multi_hot", "count")


class CategoryEncoding(Layer):
    """Whole numbers from 0 to ``num_tokens - 1`` become zeros and ones.

    It takes an `Input`, as an `Embedding` does, of samples of shape (k,).

    Parameters
    ----------
    num_tokens : int
        How many categories there are.
    output_mode : {"multi_hot", "one_hot", "count"}, default "multi_hot"
        "one_hot": each number becomes num_tokens numbers, of which the one at its place is 1: samples of shape
        (k, num_tokens), or (num_tokens,) where k is 1. "multi_hot": a sample becomes (num_tokens,) numbers, with 1 for
        each category that it has. "count": the same with how often it has them.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn import Input, Sequential
    >>> Sequential([Input((3,)), CategoryEncoding(4, "count")]).predict(np.array([[0, 3, 3]]))
    array([[1., 0., 0., 2.]], dtype=float32)
    """

    def __init__(
        self,
        num_tokens: int,
        output_mode: str = "multi_hot",
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(name=name, input_shape=input_shape)
        self.num_tokens = whole_number(num_tokens, "num_tokens", at_least=1)
        if output_mode not in _MODES:
            raise ValueError(f"output_mode must be one of {', '.join(_MODES)}, but it is {output_mode!r}")
        self.output_mode = output_mode

    def output_for(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise ValueError(f"it takes rows, but gets samples of shape {input_shape}: put a Flatten() before it")
        rows = input_shape if self.output_mode == "one_hot" and input_shape != (1,) else ()
        return (*rows, self.num_tokens)

    @property
    def output_activation(self) -> str:
        return "linear"

    def lower(self, plan: Plan) -> None:
        if plan.value >= 0:
            raise ValueError(f"{self.name} takes categories, which are data: it must be called on an Input")
        try:
            plan.add_encoding(self.num_tokens, self.output_mode)
        except ValueError as error:
            raise ValueError(f"{self.name} cannot be made: {error}") from None

    def configuration(self) -> dict[str, Any]:
        return {"num_tokens": self.num_tokens, "output_mode": self.output_mode, **super().configuration()}
