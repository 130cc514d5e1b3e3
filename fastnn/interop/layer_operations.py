"""The operations of each layer, which exporters write in another language."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fastnn import layers
from fastnn.interop.operations import (
    Activate,
    Arrange,
    Encode,
    Find,
    InnerProduct,
    Join,
    Lookup,
    Merge,
    NormalizeBatch,
    NormalizeLayer,
    NormalizeVectors,
    Operation,
    Product,
    Rescale,
    Slope,
)
from fastnn.layers.applied import AppliedActivation
from fastnn.layers.base import Layer
from fastnn.layers.lookup import Lookup as Vocabulary

__all__ = ["operations_of_layer"]

# What every operation begins with: the layer's name, and the numbers of a sample before and behind it.
Place = tuple[str, int, int]

# No vector is divided by less; Keras' epsilon, and PyTorch's.
_SHORTEST = 1e-12
# By what a class decides what it computes: its lowering, the operation that merges, and how data are looked up.
_DECIDING = ("lower", "lower_on", "kind", "indices")


def operations_of_layer(layer: Layer) -> list[Operation]:
    """What a built layer computes, one operation behind the other; they hold its own arrays, not copies.

    Of a layer of several inputs, operations before the last are of each of them.

    Raises
    ------
    TypeError
        When the layer or its activation is of the user's own making.
    ValueError
        When a number of it is NaN or infinite.
    """
    kind = next((kind for kind in _MAKERS if isinstance(layer, kind)), None)
    # A subclass that lowers itself in its own way may compute anything.
    if kind is None or any(getattr(type(layer), name, None) is not getattr(kind, name, None) for name in _DECIDING):
        raise TypeError(f"the layer {layer.name} is of your own class {type(layer).__name__} and cannot be exported")
    for name, array in layer.arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"the {name} of {layer.name} holds NaN or infinity: such a model predicts nothing")
    given: Any = layer.input_shape
    inputs = sum(map(math.prod, given)) if isinstance(layer, layers.merging.Merge) else math.prod(given)
    place = str(layer.name), inputs, math.prod(layer.output_shape or ())
    return _MAKERS[kind](layer, place)


def _nothing(layer: Any, place: Place) -> list[Operation]:
    # It acts in training alone, or reshapes what are rows anyway.
    return []


def _dense(layer: Any, place: Place) -> list[Operation]:
    product = Product(*place, layer.arrays["kernel"], layer.arrays.get("bias"))
    return [product, *_activate(place, layer.activation)]


def _activate(place: Place, applied: AppliedActivation) -> list[Operation]:
    name, _, outputs = place
    kind = applied.entry
    if kind is None:
        raise TypeError(
            f"the activation {applied.name} of {name} is a Python function of your own and cannot be exported: "
            "use one of fastnn's activations, such as 'relu'"
        )
    return [] if kind.name == "linear" else [Activate(name, outputs, outputs, kind.name, applied.numbers)]


def _normalization(layer: Any, place: Place) -> list[Operation]:
    # Its deviation is at least 1e-7.
    mean = layer.arrays["mean"]
    variance = np.maximum(layer.arrays["variance"], mean.dtype.type(1e-14))
    times, zeros = place[2] // mean.size, np.zeros(place[2], mean.dtype)
    return [NormalizeBatch(*place, zeros + 1, zeros, np.tile(mean, times), np.tile(variance, times), 0.0)]


def _scale_and_shift(layer: Any, place: Place) -> tuple[Any, Any]:
    gamma = layer.arrays["gamma"] if layer.scale else np.ones(place[2])
    return gamma, layer.arrays["beta"] if layer.center else np.zeros(place[2])


def _batch_normalization(layer: Any, place: Place) -> list[Operation]:
    moving = layer.arrays["moving_mean"], layer.arrays["moving_variance"]
    return [NormalizeBatch(*place, *_scale_and_shift(layer, place), *moving, layer.epsilon)]


def _dot(layer: Any, place: Place) -> list[Operation]:
    name, inputs, _ = place
    lengths = NormalizeVectors(name, inputs // 2, inputs // 2, inputs // 2, _SHORTEST, None)
    return [*([lengths] if layer.normalize else []), InnerProduct(*place)]


def _number_by_number(kind: str) -> Callable[[Any, Place], list[Operation]]:
    return lambda layer, place: [Merge(*place, kind)]


_MAKERS: Mapping[type[Layer], Callable[[Any, Place], list[Operation]]] = {
    layers.Rescaling: lambda layer, place: [Rescale(*place, layer.scale, layer.offset)],
    layers.Flatten: _nothing,
    layers.Reshape: _nothing,
    layers.Identity: _nothing,
    layers.Dropout: _nothing,
    layers.AlphaDropout: _nothing,
    layers.GaussianDropout: _nothing,
    layers.GaussianNoise: _nothing,
    layers.ActivityRegularization: _nothing,
    layers.Dense: _dense,
    layers.Activation: lambda layer, place: _activate(place, layer.applied),
    layers.Normalization: _normalization,
    layers.BatchNormalization: _batch_normalization,
    layers.LayerNormalization: lambda layer, place: [
        NormalizeLayer(*place, *_scale_and_shift(layer, place), layer.epsilon)
    ],
    layers.RMSNormalization: lambda layer, place: [
        NormalizeVectors(*place, layer.input_shape[-1], layer.epsilon, layer.arrays["scale"])
    ],
    layers.UnitNormalization: lambda layer, place: [NormalizeVectors(*place, layer.input_shape[-1], _SHORTEST, None)],
    layers.Embedding: lambda layer, place: [Lookup(*place, layer.arrays["embeddings"])],
    Vocabulary: lambda layer, place: [Find(*place, layer.vocabulary, layer.num_oov_indices, layer.mask_token)],
    layers.CategoryEncoding: lambda layer, place: [Encode(*place, layer.num_tokens, layer.output_mode)],
    layers.Permute: lambda layer, place: [Arrange(*place, layer.input_shape, tuple(one - 1 for one in layer.dims))],
    layers.PReLU: lambda layer, place: [Slope(*place, layer.alpha_of_numbers())],
    layers.Concatenate: lambda layer, place: [Join(*place, tuple(math.prod(shape) for shape in layer.input_shape))],
    layers.Dot: _dot,
    layers.Add: _number_by_number("add"),
    layers.Subtract: _number_by_number("subtract"),
    layers.Multiply: _number_by_number("multiply"),
    layers.Average: _number_by_number("average"),
    layers.Maximum: _number_by_number("maximum"),
    layers.Minimum: _number_by_number("minimum"),
}
