"""The softmax layer: turns a sample's numbers into probabilities that sum to one."""

import numpy
from numpy.typing import ArrayLike

from fastnn.arrays.convert import to_dense_array
from fastnn.checking.scalars import whole_number
from fastnn.notebook.layers.base import FloatArray, Layer, after_forward
from fastnn_ext.bindings.softmax import softmax, softmax_gradient
from fastnn_ext.engine.plan import Plan


class SoftmaxLayer(Layer):
    """``exp(x) / sum(exp(x))`` over each sample; the maximum is subtracted first, so nothing overflows.

    Parameters
    ----------
    input_size : int
        Number of classes, at least 1.

    Raises
    ------
    ValueError
        When an input has another number of classes.

    Examples
    --------
    >>> import numpy as np
    >>> SoftmaxLayer(2).forward(np.array([[0.0, 0.0]]))
    array([[0.5, 0.5]])
    """

    input_size: int

    def __init__(self, input_size: int) -> None:
        self.input_size = self.output_size = whole_number(input_size, "input_size", at_least=1)
        self.input = self.output = None

    def _told(self) -> str:
        return f"{self.input_size}"

    def forward(self, input: ArrayLike) -> FloatArray:
        array = numpy.atleast_2d(to_dense_array(input, "input"))
        if array.ndim != 2 or array.shape[1] != self.input_size:
            raise ValueError(
                f"input must have shape ({self.input_size},) or (batch, {self.input_size}) to fit SoftmaxLayer, "
                f"but its shape is {array.shape}"
            )
        self.input, self.output = array, softmax(array)
        return self.output

    def backward(self, output_error: ArrayLike, learning_rate: float) -> FloatArray:
        return softmax_gradient(to_dense_array(output_error, "output_error"), after_forward(self.output, self))

    def lower(self, plan: Plan) -> bool:
        plan.add_softmax()
        return True

    def configuration(self) -> dict[str, object]:
        return {"input_size": self.input_size}
