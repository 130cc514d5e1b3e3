"""ONNX's arithmetic, number by number: layers that merge values, and of arrays a batch normalisation that stays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn import layers
from fastnn.interop.onnx_dense import with_bias
from fastnn.interop.onnx_node import Node, Value, shape_of
from fastnn.interop.onnx_shapes import reshaped
from fastnn.layers.base import Layer

__all__ = ["ARITHMETIC", "affine"]

# A batch normalisation with these is gamma * x + beta, to the last bit.
_EPSILON, _VARIANCE = 2.0**-10, 1 - 2.0**-10


def affine(node: Node, value: Value, scale: ArrayLike, shift: ArrayLike) -> Value:
    """``scale * value + shift`` with arrays that are stretched to a sample."""
    size = math.prod(shape_of(value))
    # Two arrays of ours, and two that make them exact.
    node.take(4 * size)
    arrays = {
        name: node.spread(np.asarray(part), value).reshape(-1) for name, part in (("gamma", scale), ("beta", shift))
    }
    arrays |= {"moving_mean": np.broadcast_to(0.0, size), "moving_variance": np.broadcast_to(_VARIANCE, size)}
    layer = layers.BatchNormalization(epsilon=_EPSILON, trainable=False)
    rows = reshaped(node, value, (size,))
    return reshaped(node, node.add(layer, rows, **arrays), shape_of(value))


def _together(node: Node, make: type[Layer], values: list[Value]) -> Value:
    if any(value.tensor.shape != values[0].tensor.shape for value in values):
        shapes = " and ".join(str(shape_of(value)) for value in values)
        raise node.refuse(f"its inputs must have one shape, but these are {shapes}")
    if len(values) == 1:
        return values[0]
    return node.made(make()([value.tensor for value in values]))


def _merged(make: type[Layer], of_array: Callable[[Node, int, NDArray[Any]], Value]) -> Callable[[Node], Value]:
    """The function of an operator of two inputs, of which one may be an array; ``of_array`` gets the other's place."""

    def made(node: Node) -> Value:
        for index in (0, 1):
            if isinstance(node.taken[1 - index], np.ndarray):
                return of_array(node, index, node.needed(1 - index))
        return _together(node, make, [node.value(0), node.value(1)])

    return made


def _sum(node: Node, index: int, array: NDArray[Any]) -> Value:
    return with_bias(node, index, array) or affine(node, node.value(index), 1.0, array)


def _difference(node: Node, index: int, array: NDArray[Any]) -> Value:
    if index == 0:
        return _sum(node, 0, -array)
    return affine(node, node.value(1), -1.0, array)


def _product(node: Node, index: int, array: NDArray[Any]) -> Value:
    return affine(node, node.value(index), array, 0.0)


def _division(node: Node) -> Value:
    divisor = node.needed(1)
    if not divisor.all():
        raise node.refuse("it divides by zero")
    return affine(node, node.value(0), 1 / divisor.astype(np.float64), 0.0)


def _variadic(make: type[Layer]) -> Callable[[Node], Value]:
    """The function of an operator that brings values of one shape together."""
    return lambda node: _together(node, make, [node.value(index) for index in range(len(node.taken))])


def _extreme(make: type[Layer], sign: float) -> Callable[[Node], Value]:
    """The function of Max (sign 1) and Min (-1): of values, or of one and an array c: sign relu(sign (x - c)) + c."""
    together = _variadic(make)

    def made(node: Node) -> Value:
        places = [index for index, one in enumerate(node.taken) if isinstance(one, np.ndarray)]
        if not places:
            return together(node)
        if len(places) != 1 or len(node.taken) != 2:
            raise node.refuse("of arrays of the file it takes one, and one value")
        array, value = node.needed(places[0]), node.value(1 - places[0])
        node.spread(array, value)
        if not array.any() and sign > 0:
            return node.add(layers.ReLU(), value)
        above = node.add(layers.ReLU(), affine(node, value, sign, -sign * array))
        return affine(node, above, sign, array)

    return made


def _absolute(node: Node) -> Value:
    value = node.value(0)
    negative = node.add(layers.ReLU(), affine(node, value, -1.0, 0.0))
    return _together(node, layers.Add, [node.add(layers.ReLU(), value), negative])


ARITHMETIC: Mapping[str, Callable[[Node], Any]] = {
    "Add": _merged(layers.Add, _sum),
    "Sub": _merged(layers.Subtract, _difference),
    "Mul": _merged(layers.Multiply, _product),
    "Div": _division,
    "Neg": lambda node: affine(node, node.value(0), -1.0, 0.0),
    "Sum": _variadic(layers.Add),
    "Mean": _variadic(layers.Average),
    "Max": _extreme(layers.Maximum, 1.0),
    "Min": _extreme(layers.Minimum, -1.0),
    "Abs": _absolute,
}
