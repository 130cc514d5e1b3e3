"""Dense neural networks on a CPU, fast: from the layer classes of a from-scratch NumPy notebook to Keras' models.

In the notebook's face a network is a list of layers with ``forward`` and ``backward``; `train` and `predict` run it.
In the model's face `Sequential` stacks layers, with ``compile``, ``fit``, ``evaluate`` and ``predict``. One compiled
engine runs both.
"""

from typing import TYPE_CHECKING, Any

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
from fastnn.encoding import to_categorical
from fastnn.losses.functions import cross_entropy, cross_entropy_prime, mse, mse_prime
from fastnn.notebook.layers import ActivationLayer, FCLayer, FlattenLayer, Layer, SoftmaxLayer
from fastnn.notebook.prediction import predict
from fastnn.notebook.training import train

if TYPE_CHECKING:
    from fastnn import (
        activations,
        callbacks,
        constraints,
        datasets,
        initializers,
        interop,
        layers,
        losses,
        metrics,
        models,
        neuron,
        optimizers,
        plotting,
        regularizers,
    )
    from fastnn.augmentation import ImageAugmentation
    from fastnn.config import show_config
    from fastnn.files.model import load_model
    from fastnn.layers import (
        ELU,
        GELU,
        SELU,
        Activation,
        BatchNormalization,
        Dense,
        Dropout,
        Flatten,
        GaussianNoise,
        Input,
        LayerNormalization,
        LeakyReLU,
        ReLU,
        Rescaling,
        Sigmoid,
        SiLU,
        Softmax,
        Softplus,
        Tanh,
    )
    from fastnn.metrics import accuracy
    from fastnn.models import History, Sequential
    from fastnn.notebook.files import load_network, save_network
    from fastnn.threads import get_num_threads, set_num_threads

__version__ = "0.1.0"

__all__ = [
    # The notebook's face
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
    "save_network",
    "load_network",
    # The model's face
    "Sequential",
    "History",
    "Input",
    "Rescaling",
    "Flatten",
    "Dense",
    "Activation",
    "ReLU",
    "LeakyReLU",
    "Sigmoid",
    "Tanh",
    "ELU",
    "SELU",
    "GELU",
    "SiLU",
    "Softplus",
    "Softmax",
    "Dropout",
    "GaussianNoise",
    "BatchNormalization",
    "LayerNormalization",
    "ImageAugmentation",
    "load_model",
    # Both
    "to_categorical",
    "accuracy",
    "show_config",
    "set_num_threads",
    "get_num_threads",
    "activations",
    "callbacks",
    "constraints",
    "datasets",
    "initializers",
    "interop",
    "layers",
    "losses",
    "metrics",
    "models",
    "neuron",
    "optimizers",
    "plotting",
    "regularizers",
]

# Not needed by every user: loaded when first used, so that the import takes milliseconds.
_LAZY = {
    "fastnn.models": ("Sequential", "History"),
    "fastnn.layers": (
        "Input",
        "Rescaling",
        "Flatten",
        "Dense",
        "Activation",
        "ReLU",
        "LeakyReLU",
        "Sigmoid",
        "Tanh",
        "ELU",
        "SELU",
        "GELU",
        "SiLU",
        "Softplus",
        "Softmax",
        "Dropout",
        "GaussianNoise",
        "BatchNormalization",
        "LayerNormalization",
    ),
    "fastnn.augmentation": ("ImageAugmentation",),
    "fastnn.files.model": ("load_model",),
    "fastnn.metrics": ("accuracy",),
    "fastnn.notebook.files": ("save_network", "load_network"),
    "fastnn.config": ("show_config",),
    "fastnn.threads": ("set_num_threads", "get_num_threads"),
}
_MODULES = (
    "activations",
    "callbacks",
    "constraints",
    "datasets",
    "initializers",
    "interop",
    "layers",
    "losses",
    "metrics",
    "models",
    "neuron",
    "optimizers",
    "plotting",
    "regularizers",
)
_PLACES = {name: module for module, names in _LAZY.items() for name in names}


def __getattr__(name: str) -> Any:
    import importlib

    if name in _MODULES:
        return importlib.import_module(f"fastnn.{name}")
    if name in _PLACES:
        value = getattr(importlib.import_module(_PLACES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'fastnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
