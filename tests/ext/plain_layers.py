"""The engine's layers beside the dense ones in plain float64 NumPy, with the same random numbers."""

import numpy as np

U32, U64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
GOLDEN = 0x9E3779B97F4A7C15


def mixed(x):
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & U64
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & U64
    return x ^ (x >> 31)


def random_key(seed, step, use, row):
    key = mixed((seed + GOLDEN) & U64)
    for number in (step, use, row):
        key = mixed((key + GOLDEN * number) & U64)
    return key


def random_bits(key, count):
    """32 random bits for each of the places 0 to count - 1."""
    x = (np.arange(count, dtype=np.uint64) * 0x9E3779B9 + (key & U32)) & U32
    x ^= x >> 16
    for addend in (0, key >> 32):
        x = (x + addend) * 0x7FEB352D & U32
        x ^= x >> 15
        x = x * 0x846CA68B & U32
        x ^= x >> 16
    return x


def uniform(key, count):
    return (random_bits(key, count) + 0.5) / 2**32


class Dense:
    def __init__(self, weights, bias):
        self.weights, self.bias = weights, bias
        self.parameters = [weights, bias]

    def add_to(self, plan, arrays):
        plan.add_dense(*arrays)

    def forward(self, x, training, seed, step, number):
        self.x = x
        return x @ self.weights + self.bias

    def backward(self, dy):
        self.gradients = [self.x.T @ dy, dy.sum(axis=0)]
        return dy @ self.weights.T


class Dropout:
    parameters = ()

    def __init__(self, rate):
        self.rate = rate

    def add_to(self, plan, arrays):
        plan.add_dropout(self.rate)

    def forward(self, x, training, seed, step, number):
        if not training:
            return x
        bits = [random_bits(random_key(seed, step, number, row), x.shape[1]) for row in range(len(x))]
        self.mask = (np.array(bits) >= int(self.rate * 2**32)) / (1 - self.rate)
        return x * self.mask

    def backward(self, dy):
        return dy * self.mask


class Noise:
    parameters = ()

    def __init__(self, stddev):
        self.stddev = stddev

    def add_to(self, plan, arrays):
        plan.add_noise(self.stddev)

    def forward(self, x, training, seed, step, number):
        if not training:
            return x
        noise = np.zeros((len(x), x.shape[1] + 1))
        for row in range(len(x)):
            u = uniform(random_key(seed, step, number, row), x.shape[1] + 1)
            radius, angle = np.sqrt(-2 * np.log(u[0:-1:2])), 2 * np.pi * u[1::2]
            noise[row, 0 : 2 * len(angle) : 2] = radius[: len(angle)] * np.cos(angle)
            noise[row, 1 : 2 * len(angle) : 2] = radius[: len(angle)] * np.sin(angle)
        return x + self.stddev * noise[:, : x.shape[1]]

    def backward(self, dy):
        return dy


class BatchNormalization:
    def __init__(self, gamma, beta, mean, variance, momentum=0.9, epsilon=1e-3):
        self.gamma, self.beta, self.moving = gamma, beta, (mean, variance)
        self.momentum, self.epsilon = momentum, epsilon
        self.parameters = [gamma, beta]

    def add_to(self, plan, arrays):
        plan.add_batch_normalization(*arrays, self.momentum, self.epsilon)

    def forward(self, x, training, seed, step, number):
        mean, variance = (x.mean(axis=0), x.var(axis=0)) if training else self.moving
        if training:
            for moving, now in zip(self.moving, (mean, variance), strict=True):
                moving[...] = self.momentum * moving + (1 - self.momentum) * now
        self.deviation = np.sqrt(variance + self.epsilon)
        self.normal = (x - mean) / self.deviation
        return self.gamma * self.normal + self.beta

    def backward(self, dy):
        self.gradients = [(dy * self.normal).sum(axis=0), dy.sum(axis=0)]
        d = dy * self.gamma
        return (d - d.mean(axis=0) - self.normal * (d * self.normal).mean(axis=0)) / self.deviation


class LayerNormalization:
    def __init__(self, gamma, beta, epsilon=1e-3):
        self.gamma, self.beta, self.epsilon = gamma, beta, epsilon
        self.parameters = [gamma, beta]

    def add_to(self, plan, arrays):
        plan.add_layer_normalization(*arrays, self.epsilon)

    def forward(self, x, training, seed, step, number):
        self.deviation = np.sqrt(x.var(axis=1, keepdims=True) + self.epsilon)
        self.normal = (x - x.mean(axis=1, keepdims=True)) / self.deviation
        return self.gamma * self.normal + self.beta

    def backward(self, dy):
        self.gradients = [(dy * self.normal).sum(axis=0), dy.sum(axis=0)]
        d = dy * self.gamma
        inner = (d * self.normal).mean(axis=1, keepdims=True)
        return (d - d.mean(axis=1, keepdims=True) - self.normal * inner) / self.deviation


class Function:
    parameters = ()

    def __init__(self, function, derivative, add):
        self.function, self.derivative, self.add = function, derivative, add

    def add_to(self, plan, arrays):
        self.add(plan)

    def forward(self, x, training, seed, step, number):
        self.x = x
        return self.function(x)

    def backward(self, dy):
        return dy * self.derivative(self.x)


def arrays_of(layer):
    """All of a layer's arrays, in the order of the plan's arguments."""
    return [*layer.parameters, *getattr(layer, "moving", ())]


class Learner:
    """The same network in float64 NumPy, and as arrays of ``dtype`` for the engine."""

    def __init__(self, layers, dtype=np.float64):
        self.layers, self.dtype = layers, dtype
        # The engine computes a cheap activation together with the dense layer before it: one operation.
        self.numbers = list(range(len(layers)))
        self.start = [[array.copy() for array in arrays_of(layer)] for layer in layers]
        self.begin()

    def begin(self):
        """New arrays for the engine, as they were at first."""
        self.arrays = [[array.astype(self.dtype) for array in arrays] for arrays in self.start]

    def fill(self, plan):
        for layer, arrays in zip(self.layers, self.arrays, strict=True):
            layer.add_to(plan, arrays)
        if len(plan.places) <= len(self.layers):
            self.numbers = [plan.places.index(n) if n in plan.places else -1 for n in range(len(self.layers))]
        return plan

    def outputs(self, x, training=False, seed=0, step=0):
        for number, layer in zip(self.numbers, self.layers, strict=True):
            x = layer.forward(x, training, seed, step, number)
        return x

    def epoch(self, x, y, batch_size, rate, seed=0, first_step=1):
        """The mean squared error by the textbook's loop with plain gradient descent."""
        total = 0.0
        for step, start in enumerate(range(0, len(x), batch_size), first_step):
            rows = slice(start, start + batch_size)
            output = self.outputs(x[rows], True, seed, step)
            total += np.sum((output - y[rows]) ** 2) / y.shape[1]
            error = 2 * (output - y[rows]) / output.size
            for layer in reversed(self.layers):
                error = layer.backward(error)
            for layer in self.layers:
                for array, gradient in zip(layer.parameters, getattr(layer, "gradients", ()), strict=True):
                    array -= rate * gradient
        return total / len(x)

    def assert_equal(self, case):
        for layer, arrays in zip(self.layers, self.arrays, strict=True):
            for number, (array, right) in enumerate(zip(arrays, arrays_of(layer), strict=True)):
                # A few steps of sums of some dozen terms of size one.
                allowed = 2e-12 if self.dtype == np.float64 else 2e-4
                error = np.abs(array - right).max()
                assert error <= allowed, f"{type(layer).__name__} array {number} is off by {error}; {case}"
