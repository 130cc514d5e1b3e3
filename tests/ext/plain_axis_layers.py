"""The engine's layers along the last axis, and dropouts of other kinds, in plain float64 NumPy."""

import numpy as np
from plain_layers import random_bits, random_key, uniform

SELU_FLOOR = -1.7580993408473766


class Standardization:
    parameters = ()

    def __init__(self, mean, variance):
        self.moving = (mean, variance)

    def add_to(self, plan, arrays):
        plan.add_standardization(*arrays, 1e-7)

    def forward(self, x, training, seed, step, number):
        mean, variance = self.moving
        return ((x.reshape(-1, mean.size) - mean) / np.maximum(np.sqrt(variance), 1e-7)).reshape(x.shape)

    def backward(self, dy):
        variance = self.moving[1]
        return (dy.reshape(-1, variance.size) / np.maximum(np.sqrt(variance), 1e-7)).reshape(dy.shape)


class Permutation:
    parameters = ()

    def __init__(self, order):
        self.order = order

    def add_to(self, plan, arrays):
        plan.add_permutation(self.order)

    def forward(self, x, training, seed, step, number):
        return x[:, self.order]

    def backward(self, dy):
        return dy[:, np.argsort(self.order)]


class UnitNormalization:
    parameters = ()

    def __init__(self, width, epsilon=1e-12):
        self.width, self.epsilon = width, epsilon

    def add_to(self, plan, arrays):
        plan.add_unit_normalization(self.width, self.epsilon)

    def forward(self, x, training, seed, step, number):
        vectors = x.reshape(-1, self.width)
        self.length = np.linalg.norm(vectors, axis=1, keepdims=True)
        self.unit = vectors / np.maximum(self.length, self.epsilon)
        return self.unit.reshape(x.shape)

    def backward(self, dy):
        d = dy.reshape(-1, self.width)
        along = np.where(self.length > self.epsilon, (d * self.unit).sum(axis=1, keepdims=True), 0)
        return ((d - self.unit * along) / np.maximum(self.length, self.epsilon)).reshape(dy.shape)


class RMSNormalization:
    def __init__(self, gamma, epsilon=1e-3):
        self.gamma, self.epsilon, self.parameters = gamma, epsilon, [gamma]

    def add_to(self, plan, arrays):
        plan.add_rms_normalization(*arrays, self.epsilon)

    def forward(self, x, training, seed, step, number):
        vectors = x.reshape(-1, self.gamma.size)
        self.root = np.sqrt((vectors**2).mean(axis=1, keepdims=True) + self.epsilon)
        self.normal = vectors / self.root
        return (self.normal * self.gamma).reshape(x.shape)

    def backward(self, dy):
        d = dy.reshape(-1, self.gamma.size)
        self.gradients = [(d * self.normal).sum(axis=0)]
        d = d * self.gamma
        return ((d - self.normal * (d * self.normal).mean(axis=1, keepdims=True)) / self.root).reshape(dy.shape)


class PReLU:
    def __init__(self, alpha, order=None):
        self.alpha, self.parameters, self.order = alpha, [alpha], order

    def add_to(self, plan, arrays):
        plan.add_prelu(*arrays, self.order)

    def slopes(self):
        return self.alpha if self.order is None else self.alpha[self.order]

    def forward(self, x, training, seed, step, number):
        self.x = x
        return np.where(x > 0, x, self.slopes() * x)

    def backward(self, dy):
        sums = (dy * np.minimum(self.x, 0)).sum(axis=0)
        if self.order is not None:
            sums = np.bincount(self.order, sums, self.alpha.size)
        self.gradients = [sums]
        return dy * np.where(self.x > 0, 1, self.slopes())


class AlphaDropout:
    parameters = ()

    def __init__(self, rate):
        self.rate = rate

    def add_to(self, plan, arrays):
        plan.add_alpha_dropout(self.rate)

    def forward(self, x, training, seed, step, number):
        if not training:
            return x
        bits = [random_bits(random_key(seed, step, number, row), x.shape[1]) for row in range(len(x))]
        kept = np.array(bits) >= int(self.rate * 2**32)
        # Klambauer et al. 2017, section 3: a z + b has the mean and the variance that x had.
        a = ((1 - self.rate) * (1 + self.rate * SELU_FLOOR**2)) ** -0.5
        self.slope = a * kept
        return a * np.where(kept, x, SELU_FLOOR) - a * SELU_FLOOR * self.rate

    def backward(self, dy):
        return dy * self.slope


class GaussianDropout:
    parameters = ()

    def __init__(self, rate):
        self.rate = rate

    def add_to(self, plan, arrays):
        plan.add_gaussian_dropout(self.rate)

    def forward(self, x, training, seed, step, number):
        if not training:
            return x
        normal = np.zeros((len(x), x.shape[1] + 1))
        for row in range(len(x)):
            u = uniform(random_key(seed, step, number, row), x.shape[1] + 1)
            radius, angle = np.sqrt(-2 * np.log(u[0:-1:2])), 2 * np.pi * u[1::2]
            normal[row, 0 : 2 * len(angle) : 2] = radius[: len(angle)] * np.cos(angle)
            normal[row, 1 : 2 * len(angle) : 2] = radius[: len(angle)] * np.sin(angle)
        self.factors = 1 + np.sqrt(self.rate / (1 - self.rate)) * normal[:, : x.shape[1]]
        return x * self.factors

    def backward(self, dy):
        return dy * self.factors


class DenseAlongAxis:
    def __init__(self, weights, bias, positions):
        self.weights, self.bias, self.positions = weights, bias, positions
        self.parameters = [weights, bias]

    def add_to(self, plan, arrays):
        plan.add_dense(*arrays, positions=self.positions)

    def forward(self, x, training, seed, step, number):
        self.x = x.reshape(len(x) * self.positions, -1)
        return (self.x @ self.weights + self.bias).reshape(len(x), -1)

    def backward(self, dy):
        d = dy.reshape(len(dy) * self.positions, -1)
        self.gradients = [self.x.T @ d, d.sum(axis=0)]
        return (d @ self.weights.T).reshape(len(dy), -1)
