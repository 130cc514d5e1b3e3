"""The operations of each layer, which exporters write in another language."""

import math
from typing import Any, cast

import numpy as np

from fastnn.checking.shapes import Shape
from fastnn.interop.operations import (
    Activate,
    Arrange,
    Encode,
    InnerProduct,
    Join,
    Lookup,
    Merge,
    NormalizeBatch,
    NormalizeLayer,
    NormalizeVectors,
    Operation,
    Product,
    Slope,
)
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

__all__ = ["operations_of_layer"]

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
    CategoryEncoding,
    Permute,
    PReLU,
    RMSNormalization,
    UnitNormalization,
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

# No vector is divided by less; Keras' epsilon, and PyTorch's.
_SHORTEST = 1e-12

# What has no form in these languages yet.
_NOT_EXPORTED = (IntegerLookup, StringLookup)


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
        return _merge(layer)
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
        product = Product(*place, arrays["kernel"], arrays.get("bias"))
        return [product, *_activate(str(layer.name), outputs, layer.activation)]
    if isinstance(layer, Embedding):
        return [Lookup(*place, arrays["embeddings"])]
    if isinstance(layer, Normalization):
        # Its deviation is at least 1e-7.
        mean, variance = arrays["mean"], np.maximum(arrays["variance"], dtype.type(1e-14))
        times, zeros = outputs // mean.size, np.zeros(outputs, dtype)
        return [NormalizeBatch(*place, zeros + 1, zeros, np.tile(mean, times), np.tile(variance, times), 0.0)]
    if isinstance(layer, CategoryEncoding):
        return [Encode(*place, layer.num_tokens, layer.output_mode)]
    if isinstance(layer, Permute):
        return [Arrange(*place, layer.input_shape, tuple(one - 1 for one in layer.dims))]
    if isinstance(layer, PReLU):
        return [Slope(*place, arrays["alpha"].reshape(-1))]
    if isinstance(layer, RMSNormalization):
        return [NormalizeVectors(*place, layer.input_shape[-1], layer.epsilon, arrays["scale"])]
    if isinstance(layer, UnitNormalization):
        return [NormalizeVectors(*place, layer.input_shape[-1], _SHORTEST, None)]
    if isinstance(layer, Activation):
        return _activate(str(layer.name), outputs, layer.applied)
    if isinstance(layer, BatchNormalization | LayerNormalization):
        gamma = arrays["gamma"] if layer.scale else np.ones(outputs, dtype)
        beta = arrays["beta"] if layer.center else np.zeros(outputs, dtype)
        if isinstance(layer, LayerNormalization):
            return [NormalizeLayer(*place, gamma, beta, layer.epsilon)]
        return [NormalizeBatch(*place, gamma, beta, arrays["moving_mean"], arrays["moving_variance"], layer.epsilon)]
    return []


def _merge(layer: merging.Merge) -> list[Operation]:
    """What a layer of several inputs computes; operations before the last are of each input."""
    shapes = layer.input_shape
    assert shapes is not None
    assert layer.output_shape is not None
    sizes = tuple(math.prod(shape) for shape in cast(tuple[Shape, ...], shapes))
    place = str(layer.name), sum(sizes), math.prod(layer.output_shape)
    if type(layer) is Concatenate:
        return [Join(*place, sizes)]
    if type(layer) is Dot:
        lengths = NormalizeVectors(str(layer.name), sizes[0], sizes[0], sizes[0], _SHORTEST, None)
        return [*([lengths] if layer.normalize else []), InnerProduct(*place)]
    if type(layer) not in _MERGES:
        raise TypeError(f"the layer {layer.name} is of your own class {type(layer).__name__} and cannot be exported")
    return [Merge(*place, _MERGES[type(layer)])]


def _activate(layer: str, size: int, applied: AppliedActivation) -> list[Operation]:
    kind = applied.entry
    if kind is None:
        raise TypeError(
            f"the activation {applied.name} of {layer} is a Python function of your own and cannot be exported: "
            "use one of fastnn's activations, such as 'relu'"
        )
    return [] if kind.name == "linear" else [Activate(layer, size, size, kind.name, applied.numbers)]
