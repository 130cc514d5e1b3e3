"""All activations, a file each: this is the list.

A new one needs its number in the engine, its file here, a line in each of the three parts of this list, and a line in
the table of docs/models.md.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastnn.activations.kinds.elu import ELU
    from fastnn.activations.kinds.exponential import Exponential
    from fastnn.activations.kinds.gelu import GELU
    from fastnn.activations.kinds.gelu_tanh import GELUTanh
    from fastnn.activations.kinds.hard_sigmoid import HardSigmoid
    from fastnn.activations.kinds.hard_silu import HardSiLU
    from fastnn.activations.kinds.leaky_relu import LeakyReLU
    from fastnn.activations.kinds.log_softmax import LogSoftmax
    from fastnn.activations.kinds.mish import Mish
    from fastnn.activations.kinds.relu import ReLU
    from fastnn.activations.kinds.relu6 import ReLU6
    from fastnn.activations.kinds.selu import SELU
    from fastnn.activations.kinds.sigmoid import Sigmoid
    from fastnn.activations.kinds.silu import SiLU
    from fastnn.activations.kinds.softmax import Softmax
    from fastnn.activations.kinds.softplus import Softplus
    from fastnn.activations.kinds.softsign import Softsign
    from fastnn.activations.kinds.tanh import Tanh

# Layers; checkers of types and editors read this as it stands.
__all__ = [
    "ReLU",
    "LeakyReLU",
    "Sigmoid",
    "Tanh",
    "ELU",
    "SELU",
    "GELU",
    "SiLU",
    "Softplus",
    "Softsign",
    "Mish",
    "HardSigmoid",
    "Exponential",
    "ReLU6",
    "HardSiLU",
    "GELUTanh",
    "Softmax",
    "LogSoftmax",
]

# The layer of each activation by its name, which is also its file's; None where there is no layer.
LAYERS = {
    "linear": None,
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "mish": "Mish",
    "hard_sigmoid": "HardSigmoid",
    "exponential": "Exponential",
    "relu6": "ReLU6",
    "hard_silu": "HardSiLU",
    "gelu_tanh": "GELUTanh",
    "general_relu": None,
    "softmax": "Softmax",
    "log_softmax": "LogSoftmax",
}


def __getattr__(name: str) -> Any:
    import importlib

    for kind, layer in LAYERS.items():
        if layer == name:
            return getattr(importlib.import_module(f"fastnn.activations.kinds.{kind}"), name)
    raise AttributeError(f"module 'fastnn.activations.kinds' has no attribute {name!r}")
