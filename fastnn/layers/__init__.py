"""The layers of a `fastnn.Sequential` model, one idea a file, with Keras' names and arguments."""

from typing import TYPE_CHECKING, Any

from fastnn.activations import kinds
from fastnn.layers.activation import Activation
from fastnn.layers.base import Layer
from fastnn.layers.batch_normalization import BatchNormalization
from fastnn.layers.dense import Dense
from fastnn.layers.dropout import Dropout
from fastnn.layers.embedding import Embedding
from fastnn.layers.flatten import Flatten
from fastnn.layers.gaussian_noise import GaussianNoise
from fastnn.layers.input import Input
from fastnn.layers.layer_normalization import LayerNormalization
from fastnn.layers.lookup import IntegerLookup, StringLookup
from fastnn.layers.merging import Add, Average, Concatenate, Maximum, Minimum, Multiply, Subtract
from fastnn.layers.rescaling import Rescaling

if TYPE_CHECKING:
    from fastnn.activations.kinds import *  # noqa: F403

__all__ = ["Input", "Rescaling", "Flatten", "Dense", "Activation"]
__all__ += kinds.__all__
__all__ += [
    "StringLookup",
    "IntegerLookup",
    "Embedding",
    "Dropout",
    "GaussianNoise",
    "BatchNormalization",
    "LayerNormalization",
]
__all__ += ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Layer"]


def __getattr__(name: str) -> Any:
    # Layers of activations, which are loaded when first used: their files import this package.
    if name not in kinds.__all__:
        raise AttributeError(f"module 'fastnn.layers' has no attribute {name!r}")
    value = getattr(kinds, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
