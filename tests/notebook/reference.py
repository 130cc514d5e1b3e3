"""The notebook's network in plain float64 NumPy, written from the formulas: the oracle of the training tests."""

import numpy as np


class Flatten:
    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        return np.reshape(x, (1, -1))

    def backward(self, error, rate):
        return np.reshape(error, self.shape)


class FullyConnected:
    def __init__(self, weights, bias):
        self.weights = np.array(weights, dtype=np.float64)
        self.bias = np.array(bias, dtype=np.float64)

    def forward(self, x):
        self.x = x
        return x @ self.weights + self.bias

    def backward(self, error, rate):
        x_error = error @ self.weights.T
        self.weights = self.weights - rate * (self.x.T @ error)
        self.bias = self.bias - rate * error.sum(axis=0, keepdims=True)
        return x_error


class Activation:
    def __init__(self, function, derivative):
        self.function = function
        self.derivative = derivative

    def forward(self, x):
        self.x = x
        return self.function(x)

    def backward(self, error, rate):
        return error * self.derivative(self.x)


class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y

    def backward(self, error, rate):
        # The whole Jacobian of every row, so that nothing is shared with the kernel's shortcut.
        jacobian = np.stack([np.diag(row) - np.outer(row, row) for row in self.y])
        return np.einsum("bij,bj->bi", jacobian, error)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


FUNCTIONS = {
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float)),
    "leaky_relu": (lambda x: np.where(x > 0, x, 0.01 * x), lambda x: np.where(x > 0, 1.0, 0.01)),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
}


def mse(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)


def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_pred.size


def cross_entropy(y_true, y_pred):
    return -np.sum(y_true * np.log(y_pred)) / len(np.atleast_2d(y_pred))


def cross_entropy_prime(y_true, y_pred):
    return -y_true / y_pred / len(np.atleast_2d(y_pred))


def train(network, x, y, epochs, rate, batch_size=1, loss=mse, loss_prime=mse_prime, orders=None):
    """Errors by epoch; the loop of the notebook, with batches."""
    errors = []
    for epoch in range(epochs):
        order = np.arange(len(x)) if orders is None else orders[epoch]
        total = 0.0
        for start in range(0, len(x), batch_size):
            rows = order[start : start + batch_size]
            samples, y_true = (x[rows[0]], y[rows]) if batch_size == 1 else (x[rows], y[rows])
            output = samples
            for layer in network:
                output = layer.forward(output)
            total += loss(y_true, output) * len(rows)
            error = loss_prime(y_true, output)
            for layer in reversed(network):
                error = layer.backward(error, rate)
        errors.append(total / len(x))
    return errors
