"""Activations and losses of one's own as functions, also a lambda, with the library's layers."""
# compared: out, errors

import numpy as np
from scratch import ActivationLayer, FCLayer, Network

np.random.seed(8)


def softplus(x):
    return np.log(1 + np.exp(x))


def softplus_prime(x):
    return 1 / (1 + np.exp(-x))


def mae(y_true, y_pred):
    return np.mean(np.abs(y_true - y_pred))


def mae_prime(y_true, y_pred):
    return np.sign(y_pred - y_true) / y_true.size


x = np.random.rand(30, 1, 2)
y = x.sum(axis=2, keepdims=True)
f = lambda z: z * (z > 0)  # noqa: E731
net = Network()
net.add(FCLayer(2, 5))
net.add(ActivationLayer(softplus, softplus_prime))
net.add(FCLayer(5, 4))
net.add(ActivationLayer(f, lambda z: 1.0 * (z > 0)))
net.add(FCLayer(4, 1))
net.use(mae, mae_prime)
net.fit(x, y, epochs=5, learning_rate=0.02)
out = net.predict(x)
errors = net.errors
