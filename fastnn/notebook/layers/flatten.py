"""The flatten layer: a picture becomes a row of numbers, and errors become pictures again on the way back."""

import math
from collections.abc import Sequence

import numpy
from numpy.typing import ArrayLike

from fastnn.arrays.convert import to_dense_array
from fastnn.checking.scalars import whole_number
from fastnn.notebook.layers.base import FloatArray, Layer, after_forward
from fastnn_ext.engine.plan import Plan


class FlattenLayer(Layer):
    """Reshapes a sample of shape ``input_shape`` to (1, n), or a batch of b samples to (b, n).

    Parameters
    ----------
    input_shape : sequence of int
        Shape of one sample, such as (28, 28).

    Raises
    ------
    TypeError, ValueError
        When a size is not an integer of at least 1, or an input has another shape.

    Examples
    --------
    >>> import numpy as np
    >>> FlattenLayer((2, 2)).forward(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[1., 2., 3., 4.]])
    """

    input_shape: tuple[int, ...]

    def __init__(self, input_shape: Sequence[int]) -> None:
        if isinstance(input_shape, int):
            input_shape = (input_shape,)
        self.input_shape = tuple(whole_number(size, "input_shape", at_least=1) for size in input_shape)
        if not self.input_shape:
            raise ValueError("input_shape must have at least one size, but it is ()")
        self.input_size: int = math.prod(self.input_shape)
        self.output_size: int = self.input_size
        self.input = self.output = None

    def _told(self) -> str:
        return f"{self.input_shape}"

    def forward(self, input: ArrayLike) -> FloatArray:
        array = to_dense_array(input, "input")
        accepted = {self.input_shape, (self.output_size,)}
        if array.shape not in accepted and array.shape[1:] not in accepted:
            shape = ", ".join(map(str, self.input_shape))
            raise ValueError(
                f"input must have shape ({shape}) or (batch, {shape}) to fit FlattenLayer, "
                f"but its shape is {array.shape}"
            )
        self.input = array
        self.output = array.reshape(1 if array.shape in accepted else array.shape[0], self.output_size)
        return self.output

    def backward(self, output_error: ArrayLike, learning_rate: float) -> FloatArray:
        return numpy.reshape(to_dense_array(output_error, "output_error"), after_forward(self.input, self).shape)

    def lower(self, plan: Plan) -> bool:
        return True

    def configuration(self) -> dict[str, object]:
        return {"input_shape": list(self.input_shape)}
