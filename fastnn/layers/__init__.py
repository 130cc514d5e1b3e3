"""The layers of a `fastnn.Sequential` model, one idea a file, with Keras' names and arguments."""

from typing import TYPE_CHECKING, Any

from fastnn.activations import kinds
from fastnn.layers.activation import Activation
from fastnn.layers.activity_regularization import ActivityRegularization
from fastnn.layers.alpha_dropout import AlphaDropout
from fastnn.layers.base import Layer
from fastnn.layers.batch_normalization import BatchNormalization
from fastnn.layers.category_encoding import CategoryEncoding
from fastnn.layers.dense import Dense
from fastnn.layers.dropout import Dropout
from fastnn.layers.embedding import Embedding
from fastnn.layers.flatten import Flatten
from fastnn.layers.gaussian_dropout import GaussianDropout
from fastnn.layers.gaussian_noise import GaussianNoise
from fastnn.layers.identity import Identity
from fastnn.layers.input import Input
from fastnn.layers.layer_normalization import LayerNormalization
from fastnn.layers.lookup import IntegerLookup, StringLookup
from fastnn.layers.merging import Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract
from fastnn.layers.normalization import Normalization
from fastnn.layers.permute import Permute
from fastnn.layers.prelu import PReLU
from fastnn.layers.rescaling import Rescaling
from fastnn.layers.reshape import Reshape
from fastnn.layers.rms_normalization import RMSNormalization
from fastnn.layers.unit_normalization import UnitNormalization

if TYPE_CHECKING:
    from fastnn.activations.kinds import *  # noqa: F403

__all__ = ["Input", "Rescaling", "Flatten", "Dense", "Activation"]
__all__ += kinds.__all__
__all__ += ["StringLookup", "IntegerLookup", "CategoryEncoding", "Embedding", "Normalization", "PReLU"]
__all__ += ["Reshape", "Permute", "Identity", "Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise"]
__all__ += ["BatchNormalization", "LayerNormalization", "RMSNormalization", "UnitNormalization"]
__all__ += ["ActivityRegularization"]
__all__ += ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot", "Layer"]


def __getattr__(name: str) -> Any:
    # Layers of activations, which are loaded when first used: their files import this package.
    if name not in kinds.__all__:
        raise AttributeError(f"module 'fastnn.layers' has no attribute {name!r}")
    value = getattr(kinds, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
