"""Keras' ``keras.activations``: functions of arrays, which layers take in place of their names."""

from typing import Any

from fastnn.keras.functions import activation
from fastnn.keras.translating import attributes
from fastnn.layers.applied import AppliedActivation, resolve

__all__ = [
    "elu", "exponential", "gelu", "get", "hard_sigmoid", "hard_silu", "hard_swish", "leaky_relu", "linear",
    "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softplus", "softsign", "swish",
    "tanh",
]  # fmt: skip

elu = activation("elu")
exponential = activation("exponential")
gelu = activation("gelu")
hard_sigmoid = activation("hard_sigmoid")
hard_silu = hard_swish = activation("hard_silu")
leaky_relu = activation("leaky_relu")
linear = activation("linear")
log_softmax = activation("log_softmax")
mish = activation("mish")
relu = activation("relu")
relu6 = activation("relu6")
selu = activation("selu")
sigmoid = activation("sigmoid")
silu = swish = activation("silu")
softmax = activation("softmax")
softplus = activation("softplus")
softsign = activation("softsign")
tanh = activation("tanh")

__getattr__ = attributes(__name__)


def get(identifier: Any) -> AppliedActivation:
    """The activation of a name, a function of this module, or a pair of functions; see `fastnn.layers.Dense`."""
    return resolve(identifier)
