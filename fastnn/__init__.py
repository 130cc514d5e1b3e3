"""Dense neural networks on a CPU, fast: the layer classes of a from-scratch NumPy notebook over Cython kernels.

A network is a list of layers, each with ``forward(input)`` and ``backward(output_error, learning_rate)``; `train` and
`predict` run it, in compiled code where every layer is one of the package's own.
"""

from typing import TYPE_CHECKING, Any

from fastnn import optimizers
from fastnn.activations import (
    leaky_relu,
    leaky_relu_prime,
    relu,
    relu_prime,
    sigmoid,
    sigmoid_prime,
    tanh,
    tanh_prime,
)
from fastnn.config import show_config
from fastnn.encoding import to_categorical
from fastnn.losses import cross_entropy, cross_entropy_prime, mse, mse_prime
from fastnn.metrics import accuracy
from fastnn.notebook.files import load_network, save_network
from fastnn.notebook.layers import ActivationLayer, FCLayer, FlattenLayer, Layer, SoftmaxLayer
from fastnn.notebook.prediction import predict
from fastnn.notebook.training import train
from fastnn.threads import get_num_threads, set_num_threads

if TYPE_CHECKING:
    from fastnn import datasets, neuron

__version__ = "0.1.0"

__all__ = [
    "FlattenLayer",
    "FCLayer",
    "ActivationLayer",
    "SoftmaxLayer",
    "Layer",
    "relu",
    "relu_prime",
    "leaky_relu",
    "leaky_relu_prime",
    "sigmoid",
    "sigmoid_prime",
    "tanh",
    "tanh_prime",
    "mse",
    "mse_prime",
    "cross_entropy",
    "cross_entropy_prime",
    "train",
    "predict",
    "to_categorical",
    "accuracy",
    "save_network",
    "load_network",
    "show_config",
    "set_num_threads",
    "get_num_threads",
    "datasets",
    "neuron",
    "optimizers",
]


def __getattr__(name: str) -> Any:
    # Not needed by every user: loaded when first used.
    if name in ("datasets", "neuron"):
        import importlib

        return importlib.import_module(f"fastnn.{name}")
    raise AttributeError(f"module 'fastnn' has no attribute {name!r}")
