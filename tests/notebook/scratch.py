"""A from-scratch notebook's classes and functions in plain NumPy, by the names that this package has for them."""

import numpy as np
import reference

mse, mse_prime = reference.mse, reference.mse_prime
tanh, tanh_prime = reference.FUNCTIONS["tanh"]
relu, relu_prime = reference.FUNCTIONS["relu"]
sigmoid, sigmoid_prime = reference.FUNCTIONS["sigmoid"]


def cross_entropy(y_true, y_pred):
    return reference.cross_entropy(rows(y_true, y_pred), y_pred)


def cross_entropy_prime(y_true, y_pred):
    return reference.cross_entropy_prime(rows(y_true, y_pred), y_pred)


def rows(y_true, y_pred):
    """Class numbers as rows of zeros and ones."""
    return np.eye(y_pred.shape[-1])[np.atleast_1d(y_true)] if np.ndim(y_true) < 2 and np.size(y_true) == 1 else y_true


def to_categorical(labels, count=None):
    return np.eye(count or np.max(labels) + 1)[labels]


class Layer:
    def __init__(self):
        self.input = self.output = None


class FCLayer(reference.FullyConnected):
    def __init__(self, input_size, output_size):
        scale = np.sqrt(input_size + output_size)
        super().__init__(np.random.randn(input_size, output_size) / scale, np.random.randn(1, output_size) / scale)  # noqa: NPY002

    def forward_propagation(self, x):
        return self.forward(np.asarray(x, dtype=float).reshape(1, -1) if np.ndim(x) == 1 else x)

    backward_propagation = reference.FullyConnected.backward


class ActivationLayer(reference.Activation):
    forward_propagation = reference.Activation.forward
    backward_propagation = reference.Activation.backward


class FlattenLayer(reference.Flatten):
    forward_propagation = reference.Flatten.forward
    backward_propagation = reference.Flatten.backward


class SoftmaxLayer(reference.Softmax):
    def __init__(self, input_size):
        pass

    forward_propagation = reference.Softmax.forward
    backward_propagation = reference.Softmax.backward


def _methods(layer):
    forward = getattr(layer, "forward", None) or layer.forward_propagation
    return forward, getattr(layer, "backward", None) or layer.backward_propagation


def predict(network, input):
    output = input
    for layer in network:
        output = _methods(layer)[0](output)
    return output


def train(network, x_train, y_train, epochs=40, learning_rate=0.1, *, loss=mse, loss_prime=mse_prime, verbose=None):
    errors = []
    for _ in range(epochs):
        error = 0.0
        for x, y in zip(x_train, y_train, strict=True):
            output = predict(network, x)
            error += loss(y, output)
            gradient = loss_prime(y, output)
            for layer in reversed(network):
                gradient = _methods(layer)[1](gradient, learning_rate)
        errors.append(error / len(x_train))
    return network, errors


class Network:
    def __init__(self):
        self.layers = []

    def add(self, layer):
        self.layers.append(layer)

    def use(self, loss, loss_prime):
        self.loss, self.loss_prime = loss, loss_prime

    def fit(self, x_train, y_train, epochs, learning_rate):
        how = {"loss": self.loss, "loss_prime": self.loss_prime}
        _, self.errors = train(self.layers, x_train, y_train, epochs, learning_rate, **how)
        for epoch, error in enumerate(self.errors, start=1):
            print(f"epoch {epoch}/{epochs}   error={error:.6f}")

    def predict(self, input_data):
        return [predict(self.layers, sample) for sample in input_data]
