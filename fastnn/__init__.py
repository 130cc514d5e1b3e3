"""Dense neural networks on a CPU, fast: from the layer classes of a from-scratch NumPy notebook to Keras' models.

In the notebook's API a network is a list of layers with ``forward`` and ``backward``; `train` and `predict` run it.
In the model's API `Sequential` stacks layers and `Model` connects them as a graph, with ``compile``, ``fit``,
``evaluate`` and ``predict``. One compiled engine runs both.
"""

from typing import TYPE_CHECKING, Any

from fastnn.activations import (
    kinds,
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
        data,
        datasets,
        distributed,
        initializers,
        interop,
        keras,
        layers,
        losses,
        metrics,
        models,
        neuron,
        optimizers,
        plotting,
        regularizers,
    )
    from fastnn.activations.kinds import *  # noqa: F403
    from fastnn.augmentation import ImageAugmentation
    from fastnn.config import show_config
    from fastnn.layers import (
        Activation,
        ActivityRegularization,
        Add,
        AlphaDropout,
        Average,
        BatchNormalization,
        CategoryEncoding,
        Concatenate,
        Dense,
        Dot,
        Dropout,
        Embedding,
        Flatten,
        GaussianDropout,
        GaussianNoise,
        Identity,
        Input,
        IntegerLookup,
        LayerNormalization,
        Maximum,
        Minimum,
        Multiply,
        Normalization,
        Permute,
        PReLU,
        Rescaling,
        Reshape,
        RMSNormalization,
        StringLookup,
        Subtract,
        UnitNormalization,
    )
    from fastnn.metrics import accuracy
    from fastnn.models import History, Model, Sequential, clone_model
    from fastnn.models.saving.loading import load_model
    from fastnn.notebook.files import load_network, save_network
    from fastnn.notebook.network import Network
    from fastnn.threads import get_num_threads, set_num_threads

__version__ = "0.1.0"

__all__ = [
    # The notebook's API
    "FlattenLayer",
    "FCLayer",
    "ActivationLayer",
    "SoftmaxLayer",
    "Layer",
    "Network",
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
    # The model's API
    "Sequential",
    "Model",
    "History",
    "Input",
    "Rescaling",
    "Flatten",
    "Dense",
    "Activation",
]
__all__ += kinds.__all__
__all__ += [
    "StringLookup",
    "IntegerLookup",
    "CategoryEncoding",
    "Embedding",
    "Normalization",
    "PReLU",
    "Reshape",
    "Permute",
    "Identity",
    "Dropout",
    "AlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
    "BatchNormalization",
    "LayerNormalization",
    "RMSNormalization",
    "UnitNormalization",
    "ActivityRegularization",
    "Add",
    "Subtract",
    "Multiply",
    "Average",
    "Maximum",
    "Minimum",
    "Concatenate",
    "Dot",
    "ImageAugmentation",
    "clone_model",
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
    "data",
    "datasets",
    "distributed",
    "initializers",
    "interop",
    "keras",
    "layers",
    "losses",
    "metrics",
    "models",
    "neuron",
    "optimizers",
    "plotting",
    "regularizers",
]

# Not needed by every user: loaded when first used, so that the import takes milliseconds. Of the other public names,
# those with a capital are layers, and the rest are modules.
_PLACES = {
    "Sequential": "models",
    "Model": "models",
    "History": "models",
    "ImageAugmentation": "augmentation",
    "clone_model": "models.cloning",
    "load_model": "models.saving.loading",
    "accuracy": "metrics",
    "Network": "notebook.network",
    "save_network": "notebook.files",
    "load_network": "notebook.files",
    "show_config": "config",
    "set_num_threads": "threads",
    "get_num_threads": "threads",
}


def __getattr__(name: str) -> Any:
    import importlib

    if name not in __all__:
        if not name.startswith("_"):
            # It may be the other project's. An error would not tell: `from fastnn import` writes its own.
            importlib.import_module("fastnn.config").warn_of_other_project(stacklevel=3)
        raise AttributeError(f"module 'fastnn' has no attribute {name!r}")
    if name not in _PLACES and name.islower():
        return importlib.import_module(f"fastnn.{name}")
    value = getattr(importlib.import_module(f"fastnn.{_PLACES.get(name, 'layers')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
