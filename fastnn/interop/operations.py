"""What layers compute in prediction, as operations on rows of numbers. Exporters write these in another language."""

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fastnn.activations.base import ActivationKind
from fastnn.activations.registry import ACTIVATIONS
from fastnn.checking.shapes import Shape
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
    merging,
)
from fastnn.layers.applied import AppliedActivation
from fastnn.layers.base import Layer

__all__ = [
    *("Activate", "Join", "Lookup", "Merge", "NormalizeBatch", "NormalizeLayer", "Operation", "Product", "Rescale"),
    "operations_of_layer",
]

Array = NDArray[np.floating[Any]]

# All that predicts what its class says; what trains alone, or reshapes what are rows anyway, has no operation.
_KNOWN = (
    ActivityRegularization,
    Rescaling,
    Flatten,
    Dense,
    Activation,
    Dropout,
    AlphaDropout,
    GaussianDropout,
    GaussianNoise,
    Reshape,
    Identity,
    Normalization,
    BatchNormalization,
    LayerNormalization,
    Embedding,
)

# Layers of several inputs that work number by number, and what exporters call that.
_MERGES: dict[type[Layer], str] = {
    Add: "add",
    Subtract: "subtract",
    Multiply: "multiply",
    Average: "average",
    Maximum: "maximum",
    Minimum: "minimum",
}

# What has no form in these languages yet.
_NOT_EXPORTED = (
    *(CategoryEncoding, Dot, IntegerLookup, StringLookup),
    *(Permute, PReLU, RMSNormalization, UnitNormalization),
)


@dataclass(frozen=True)
class Operation:
    """Of the layer with this name, from ``inputs`` to ``outputs`` numbers of a sample."""

    layer: str
    inputs: int
    outputs: int

    def numbers_by_name(self) -> dict[str, float]:
        """Those that must fit the model's dtype."""
        return {name: value for name, value in vars(self).items() if isinstance(value, float)}


@dataclass(frozen=True)
class Rescale(Operation):
    """``x * scale + shift``; the first operation if there is one."""

    scale: float
    shift: float


@dataclass(frozen=True)
class Product(Operation):
    """``x kernel + bias``."""

    kernel: Array
    bias: Array | None


@dataclass(frozen=True)
class Activate(Operation):
    """An activation by its name, never linear and no alias. The numbers are its parameters."""

    activation: str
    numbers: tuple[float, ...]

    @property
    def kind(self) -> ActivationKind:
        """What the registry has of it."""
        return ACTIVATIONS[self.activation]

    def numbers_by_name(self) -> dict[str, float]:
        # A limit may be absent, which is infinity.
        given = zip(self.kind.parameters, self.numbers, strict=True)
        return {parameter.name: number for parameter, number in given if parameter.written(number) is not None}


@dataclass(frozen=True)
class NormalizeBatch(Operation):
    """``gamma * (x - mean) / sqrt(variance + epsilon) + beta`` with the moving mean and variance."""

    gamma: Array
    beta: Array
    mean: Array
    variance: Array
    epsilon: float


@dataclass(frozen=True)
class NormalizeLayer(Operation):
    """The same with the sample's own mean and variance."""

    gamma: Array
    beta: Array
    epsilon: float


@dataclass(frozen=True)
class Lookup(Operation):
    """Each number of a row is that of a row of the table."""

    table: Array


@dataclass(frozen=True)
class Merge(Operation):
    """Rows of equal size to one, number by number; ``kind`` is "add", "subtract" and so on."""

    kind: str

    @property
    def count(self) -> int:
        """How many rows."""
        return self.inputs // self.outputs


@dataclass(frozen=True)
class Join(Operation):
    """Rows side by side; ``sizes`` are theirs."""

    sizes: tuple[int, ...]


def operations_of_layer(layer: Layer, dtype: np.dtype[Any]) -> list[Operation]:
    """What a built layer computes, one operation behind the other; they hold its own arrays, not copies.

    Raises
    ------
    TypeError
        When the layer or its activation is of the user's own making.
    ValueError
        When a number of it is NaN or infinite.
    """
    if type(layer) in _NOT_EXPORTED:
        raise TypeError(f"the layer {layer.name} is of the class {type(layer).__name__}, which cannot be exported yet")
    if isinstance(layer, merging.Merge):
        return [_merge(layer)]
    kind = next((kind for kind in _KNOWN if isinstance(layer, kind)), None)
    # A subclass that lowers itself in its own way may compute anything.
    if kind is None or type(layer).lower is not kind.lower:
        raise TypeError(f"the layer {layer.name} is of your own class {type(layer).__name__} and cannot be exported")
    arrays = layer.arrays
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"the {name} of {layer.name} holds NaN or infinity: such a model predicts nothing")
    assert layer.input_shape is not None
    assert layer.output_shape is not None
    inputs, outputs = math.prod(layer.input_shape), math.prod(layer.output_shape)
    place = str(layer.name), inputs, outputs
    if isinstance(layer, Dense):
        if len(layer.input_shape) > 1:
            raise TypeError(
                f"the layer {layer.name} works along the last axis of samples of shape {layer.input_shape}, which "
                "cannot be exported yet: put a Flatten() before it"
            )
        product = Product(*place, arrays["kernel"], arrays.get("bias"))
        return [product, *_activate(str(layer.name), outputs, layer.activation)]
    if isinstance(layer, Embedding):
        return [Lookup(*place, arrays["embeddings"])]
    if isinstance(layer, Normalization):
        # Its deviation is at least 1e-7.
        mean, variance = arrays["mean"], np.maximum(arrays["variance"], dtype.type(1e-14))
        times, zeros = outputs // mean.size, np.zeros(outputs, dtype)
        return [NormalizeBatch(*place, zeros + 1, zeros, np.tile(mean, times), np.tile(variance, times), 0.0)]
    if isinstance(layer, Activation):
        return _activate(str(layer.name), outputs, layer.applied)
    if isinstance(layer, BatchNormalization | LayerNormalization):
        gamma = arrays["gamma"] if layer.scale else np.ones(outputs, dtype)
        beta = arrays["beta"] if layer.center else np.zeros(outputs, dtype)
        if isinstance(layer, LayerNormalization):
            return [NormalizeLayer(*place, gamma, beta, layer.epsilon)]
        return [NormalizeBatch(*place, gamma, beta, arrays["moving_mean"], arrays["moving_variance"], layer.epsilon)]
    return []


def _merge(layer: merging.Merge) -> Operation:
    shapes = layer.input_shape
    assert shapes is not None
    assert layer.output_shape is not None
    sizes = tuple(math.prod(shape) for shape in cast(tuple[Shape, ...], shapes))
    place = str(layer.name), sum(sizes), math.prod(layer.output_shape)
    if type(layer) is Concatenate:
        return Join(*place, sizes)
    if type(layer) not in _MERGES:
        raise TypeError(f"the layer {layer.name} is of your own class {type(layer).__name__} and cannot be exported")
    return Merge(*place, _MERGES[type(layer)])


def _activate(layer: str, size: int, applied: AppliedActivation) -> list[Operation]:
    kind = applied.entry
    if kind is None:
        raise TypeError(
            f"the activation {applied.name} of {layer} is a Python function of your own and cannot be exported: "
            "use one of fastnn's activations, such as 'relu'"
        )
    return [] if kind.name == "linear" else [Activate(layer, size, size, kind.name, applied.numbers)]
