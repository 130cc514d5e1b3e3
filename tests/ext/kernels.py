"""The one list of kernel doors: each with a float64 NumPy reference and a maker of inputs.

What stands here is tested in both dtypes, on every layout of memory, and on every odd size.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fastnn_ext import activations, dense, losses, softmax
from fastnn_ext.activations import Activation

SIZES = (1, 7, 17, 1000)


@dataclass(frozen=True)
class Kernel:
    """A door, its reference, and a function of (generator, batch, fan_in, fan_out) that makes its inputs."""

    name: str
    door: Callable
    reference: Callable
    inputs: Callable


def logistic(x):
    return 1 / (1 + np.exp(-x))


def soft(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def one(rng, batch, fan_in, fan_out):
    return (rng.normal(size=(batch, fan_in)) * 3,)


def pair(rng, batch, fan_in, fan_out):
    return rng.normal(size=(batch, fan_in)), rng.normal(size=(batch, fan_in))


def dense_inputs(rng, batch, fan_in, fan_out):
    return rng.normal(size=(batch, fan_in)), rng.normal(size=(fan_in, fan_out)), rng.normal(size=(1, fan_out))


def error_and_weights(rng, batch, fan_in, fan_out):
    return rng.normal(size=(batch, fan_out)), rng.normal(size=(fan_in, fan_out))


def error_and_input(rng, batch, fan_in, fan_out):
    return rng.normal(size=(batch, fan_out)), rng.normal(size=(batch, fan_in))


def error_and_probabilities(rng, batch, fan_in, fan_out):
    return rng.normal(size=(batch, fan_in)), soft(rng.normal(size=(batch, fan_in)))


def labels_and_probabilities(rng, batch, fan_in, fan_out):
    return np.eye(fan_in)[rng.integers(0, fan_in, batch)], soft(rng.normal(size=(batch, fan_in)))


KERNELS = [
    Kernel("relu", activations.relu, lambda x: np.maximum(x, 0), one),
    Kernel("relu_prime", activations.relu_prime, lambda x: (x > 0) * 1.0, one),
    Kernel("leaky_relu", activations.leaky_relu, lambda x: np.where(x > 0, x, 0.01 * x), one),
    Kernel("leaky_relu_prime", activations.leaky_relu_prime, lambda x: np.where(x > 0, 1, 0.01), one),
    Kernel("sigmoid", activations.sigmoid, logistic, one),
    Kernel("sigmoid_prime", activations.sigmoid_prime, lambda x: logistic(x) * (1 - logistic(x)), one),
    Kernel("tanh", activations.tanh, np.tanh, one),
    Kernel("tanh_prime", activations.tanh_prime, lambda x: 1 - np.tanh(x) ** 2, one),
    Kernel(
        "activation_gradient relu",
        lambda dy, y: activations.activation_gradient(dy, y, Activation.RELU),
        lambda dy, y: dy * (y > 0),
        pair,
    ),
    Kernel(
        "activation_gradient tanh",
        lambda dy, y: activations.activation_gradient(dy, y, Activation.TANH),
        lambda dy, y: dy * (1 - y * y),
        pair,
    ),
    Kernel("softmax", softmax.softmax, soft, one),
    Kernel(
        "softmax_gradient",
        softmax.softmax_gradient,
        lambda dy, y: y * (dy - (dy * y).sum(axis=1, keepdims=True)),
        error_and_probabilities,
    ),
    Kernel("mse", losses.mse, lambda t, p: np.mean((t - p) ** 2), pair),
    Kernel("mse_prime", losses.mse_prime, lambda t, p: 2 * (p - t) / p.size, pair),
    Kernel(
        "cross_entropy",
        losses.cross_entropy,
        lambda t, p: -np.sum(t * np.log(p)) / len(p),
        labels_and_probabilities,
    ),
    Kernel(
        "cross_entropy_prime", losses.cross_entropy_prime, lambda t, p: -t / p / len(p), labels_and_probabilities
    ),
    Kernel("dense_forward", dense.dense_forward, lambda x, w, b: x @ w + b, dense_inputs),
    Kernel("dense_backward_input", dense.dense_backward_input, lambda dy, w: dy @ w.T, error_and_weights),
    Kernel(
        "dense_backward_weights",
        lambda dy, x: dense.dense_backward_parameters(dy, x)[0],
        lambda dy, x: x.T @ dy,
        error_and_input,
    ),
    Kernel(
        "dense_backward_bias",
        lambda dy, x: dense.dense_backward_parameters(dy, x)[1],
        lambda dy, x: dy.sum(axis=0, keepdims=True),
        error_and_input,
    ),
]
