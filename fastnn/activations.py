"""Activations and their derivatives: elementwise functions of an array of any shape, or of a number.

Each has a ``_prime`` twin, its derivative as a function of the same input. They are compiled.
"""

from fastnn_ext.activations import (
    elu,
    elu_prime,
    gelu,
    gelu_prime,
    leaky_relu,
    leaky_relu_prime,
    relu,
    relu_prime,
    selu,
    selu_prime,
    sigmoid,
    sigmoid_prime,
    silu,
    silu_prime,
    softplus,
    softplus_prime,
    tanh,
    tanh_prime,
)

__all__ = [
    "relu",
    "relu_prime",
    "leaky_relu",
    "leaky_relu_prime",
    "sigmoid",
    "sigmoid_prime",
    "tanh",
    "tanh_prime",
    "elu",
    "elu_prime",
    "selu",
    "selu_prime",
    "gelu",
    "gelu_prime",
    "silu",
    "silu_prime",
    "softplus",
    "softplus_prime",
]
