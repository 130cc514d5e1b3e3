"""The notebook peer: layer classes in plain NumPy, as a lesson writes the formulas, with NumPy's default float64.

Nothing is tuned: every step allocates, and the softmax layer builds its Jacobian. Its losses are the reference.
"""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from benchmarks.jobs import Task
from benchmarks.peers import Run

# NumPy types np.dot and most reductions as Any.
Array = Any


def version() -> str:
    return f"NumPy {np.__version__}"


class Layer(Protocol):
    def forward(self, input: Array) -> Array: ...
    def backward(self, output_error: Array, learning_rate: float) -> Array: ...


class FlattenLayer:
    def forward(self, input: Array) -> Array:
        self.input = input
        return np.reshape(input, (1, -1))

    def backward(self, output_error: Array, learning_rate: float) -> Array:
        return np.reshape(output_error, self.input.shape)


class FCLayer:
    def __init__(self, weights: Array, bias: Array) -> None:
        self.weights = weights.astype(np.float64)
        self.bias = bias.astype(np.float64)

    def forward(self, input: Array) -> Array:
        self.input = input
        return np.dot(input, self.weights) + self.bias

    def backward(self, output_error: Array, learning_rate: float) -> Array:
        input_error = np.dot(output_error, self.weights.T)
        weights_error = np.dot(self.input.T, output_error)
        self.weights -= learning_rate * weights_error
        self.bias -= learning_rate * output_error
        return input_error


class ActivationLayer:
    def __init__(self, activation: Callable[[Array], Array], activation_prime: Callable[[Array], Array]) -> None:
        self.activation = activation
        self.activation_prime = activation_prime

    def forward(self, input: Array) -> Array:
        self.input = input
        return self.activation(input)

    def backward(self, output_error: Array, learning_rate: float) -> Array:
        return output_error * self.activation_prime(self.input)


class SoftmaxLayer:
    def forward(self, input: Array) -> Array:
        powers = np.exp(input)
        self.output = powers / np.sum(powers)
        return self.output

    def backward(self, output_error: Array, learning_rate: float) -> Array:
        size = np.size(self.output)
        columns = np.tile(self.output.T, size)
        return self.output * np.dot(output_error, np.identity(size) - columns)


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def relu_prime(x: Array) -> Array:
    return np.array(x > 0).astype("int")


def mse(y_true: Array, y_pred: Array) -> Array:
    return np.mean(np.power(y_true - y_pred, 2))


def mse_prime(y_true: Array, y_pred: Array) -> Array:
    return 2 * (y_pred - y_true) / y_true.size


def setup(task: Task) -> Run:
    network: list[Layer] = []

    def reset() -> None:
        (weights_1, bias_1), (weights_2, bias_2) = task.parameters
        network[:] = [
            FlattenLayer(),
            FCLayer(weights_1, bias_1),
            ActivationLayer(relu, relu_prime),
            FCLayer(weights_2, bias_2),
            SoftmaxLayer(),
        ]

    def run() -> list[float]:
        losses = []
        for _ in range(task.epochs):
            error = 0.0
            for x, y_true in zip(task.x, task.y, strict=True):
                output = x
                for layer in network:
                    output = layer.forward(output)
                error += mse(y_true, output)
                output_error = mse_prime(y_true, output)
                for layer in reversed(network):
                    output_error = layer.backward(output_error, task.learning_rate)
            losses.append(float(error) / len(task.x))
        return losses

    return Run(run, reset)
