"""Activations and their derivatives: elementwise functions of an array of any shape, or of a number.

Each has a ``_prime`` twin, its derivative as a function of the same input. They are compiled.
"""

from fastnn_ext.activations import (
    leaky_relu,
    leaky_relu_prime,
    relu,
    relu_prime,
    sigmoid,
    sigmoid_prime,
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
]
