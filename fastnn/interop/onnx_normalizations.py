"""ONNX's normalisations as layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from fastnn import layers
from fastnn.interop.onnx_node import Node, Value, shape_of

__all__ = ["NORMALIZATIONS"]


def _vectors(node: Node, names: Sequence[str], size: int) -> dict[str, NDArray[Any]]:
    """Inputs behind the first that must be vectors of the last axis; those left out are not among them."""
    found = {}
    for index, name in enumerate(names, start=1):
        array = node.needed(index) if node.array(index) is not None else None
        if array is not None:
            if array.shape != (size,):
                raise node.refuse(f"{name} must have the shape ({size},), but it is {array.shape}")
            found[name] = array
    return found


def _batch_normalization(node: Node) -> Value:
    # Of rows, statistics of every place of a sample are those of its numbers.
    node.attribute("spatial")
    node.only(training_mode=0)
    if node.outputs > 1:
        raise node.refuse("it gives its statistics, too, and so is that of training")
    value = node.value(0)
    node.needs_rows(value)
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    arrays = _vectors(node, names, shape_of(value)[-1])
    epsilon, momentum = node.attribute("epsilon"), node.attribute("momentum")
    lowest = float(arrays["moving_variance"].min())
    if epsilon == 0:
        # Ours is above 0: a part of the variance is moved there.
        epsilon = lowest / 2
        arrays["moving_variance"] = arrays["moving_variance"] - epsilon
    if epsilon <= 0 or lowest + epsilon <= 0:
        raise node.refuse("epsilon, and each variance with it, must be above 0")
    return node.add(layers.BatchNormalization(momentum=momentum, epsilon=epsilon), value, **arrays)


def _layer_normalization(node: Node) -> Value:
    value = node.value(0)
    node.needs_rows(value)
    node.last_axis(value)
    # In which type the mean is computed; ours is the model's.
    node.attribute("stash_type")
    arrays = _vectors(node, ("gamma", "beta"), shape_of(value)[-1])
    layer = layers.LayerNormalization(
        epsilon=node.attribute("epsilon"), center="beta" in arrays, scale="gamma" in arrays
    )
    return node.add(layer, value, **arrays)


def _rms_normalization(node: Node) -> Value:
    value = node.value(0)
    node.last_axis(value)
    node.attribute("stash_type")
    arrays = _vectors(node, ("scale",), shape_of(value)[-1])
    return node.add(layers.RMSNormalization(epsilon=node.attribute("epsilon")), value, **arrays)


def _unit_normalization(node: Node) -> Value:
    node.only(p=2)
    node.last_axis(node.value(0))
    return node.add(layers.UnitNormalization(), node.value(0))


NORMALIZATIONS: Mapping[str, Callable[[Node], Any]] = {
    "BatchNormalization": _batch_normalization,
    "LayerNormalization": _layer_normalization,
    "RMSNormalization": _rms_normalization,
    "LpNormalization": _unit_normalization,
}
