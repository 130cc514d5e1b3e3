"""The notebook's own formulas in plain NumPy: what fastnn's speed and numbers are compared with in the demo.

Float64, one sample at a time, a Python object for each layer, and the softmax Jacobian built for every sample.
"""

from collections.abc import Iterable
from typing import Any, Protocol

import numpy
from numpy.typing import NDArray

Array = NDArray[Any]


class NumpyLayer(Protocol):
    """What a layer of the notebook is."""

    def forward(self, input: Array) -> Array: ...

    def backward(self, output_error: Array, learning_rate: float) -> Array: ...


class Flatten:
    """A picture as a row."""

    def forward(self, input: Array) -> Array:
        self.shape = input.shape
        return numpy.reshape(input, (1, -1))

    def backward(self, output_error: Array, learning_rate: float) -> Array:
        return numpy.reshape(output_error, self.shape)


class FullyConnected:
    """``x W + b``."""

    def __init__(self, weights: Array, bias: Array) -> None:
        self.weights = weights.astype(float)
        self.bias = bias.astype(float)

    def forward(self, input: Array) -> Array:
        self.input = input
        output: Array = numpy.dot(input, self.weights) + self.bias
        return output

    def backward(self, output_error: Array, learning_rate: float) -> Array:
        input_error: Array = numpy.dot(output_error, self.weights.T)
        weights_error = numpy.dot(self.input.T, output_error)
        self.weights -= learning_rate * weights_error
        self.bias -= learning_rate * output_error
        return input_error


class Relu:
    """``max(x, 0)``."""

    def forward(self, input: Array) -> Array:
        self.input = input
        return numpy.maximum(input, 0)

    def backward(self, output_error: Array, learning_rate: float) -> Array:
        return output_error * (self.input > 0)


class Softmax:
    """Probabilities; the gradient goes through the Jacobian, written out."""

    def forward(self, input: Array) -> Array:
        exponentials = numpy.exp(input - numpy.max(input))
        output: Array = exponentials / numpy.sum(exponentials)
        self.output = output
        return output

    def backward(self, output_error: Array, learning_rate: float) -> Array:
        size = self.output.size
        jacobian = (numpy.identity(size) - numpy.tile(self.output.T, size).T) * self.output.T
        input_error: Array = numpy.dot(output_error, jacobian.T)
        return input_error


def train_epoch(network: list[NumpyLayer], samples: Iterable[tuple[Array, Array]], learning_rate: float) -> float:
    """Train on each (x, y_true) once and return the mean squared error of a sample."""
    total, count = 0.0, 0
    for x, y_true in samples:
        output = x
        for layer in network:
            output = layer.forward(output)
        total += float(numpy.mean(numpy.power(y_true - output, 2)))
        count += 1
        error = 2 * (output - y_true) / y_true.size
        for layer in reversed(network):
            error = layer.backward(error, learning_rate)
    return total / count
