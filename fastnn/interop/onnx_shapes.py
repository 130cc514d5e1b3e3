"""ONNX's operators that bring numbers into another shape or order, and look up rows of a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn import layers
from fastnn.checking.shapes import Shape
from fastnn.interop.onnx_node import BATCH, MOST_AXES, Node, Numbers, Value, shape_of

__all__ = ["SHAPES", "reshaped"]


def reshaped(node: Node, value: Value, shape: Shape) -> Value:
    """The same numbers in another shape of a sample."""
    if shape_of(value) == shape:
        return value
    if len(shape) >= MOST_AXES:
        raise node.refuse(f"its result would have {len(shape) + 1} axes, but they are {MOST_AXES} at most")
    # Two shapes, one after the other, are the last of them.
    origin = node.state.origins.get(value.tensor, value.tensor)
    if origin.sample_shape == shape:
        return value._replace(tensor=origin)
    made = node.add(layers.Flatten() if len(shape) == 1 else layers.Reshape(shape), Value(origin)).tensor
    node.state.origins[made] = origin
    return value._replace(tensor=made)


def _flatten(node: Node) -> Value:
    value, axis = node.any_value(0), node.attribute("axis")
    if axis % len(value.tensor.shape) != 1:
        raise node.refuse(f"its axis must be 1, that behind the batch, but it is {axis}")
    return reshaped(node, value, (math.prod(shape_of(value)),))


def _reshape(node: Node) -> Value:
    value, target = node.any_value(0), node.shape_array(1).reshape(-1).tolist()
    given = shape_of(value)
    size = math.prod(given)
    batches = [-1, BATCH] if node.attribute("allowzero") else [-1, BATCH, 0]
    if len(target) < 2 or target[0] not in [*batches, node.state.batch or -1] or BATCH in target[1:]:
        raise node.refuse(f"the batch must stay as it is, first and -1 or 0, but the shape is {target}")
    shape = [
        given[index] if one == 0 and index < len(given) and 0 in batches else one
        for index, one in enumerate(int(one) for one in target[1:])
    ]
    if shape.count(-1) == 1 and target[0] != -1:
        others = math.prod(one for one in shape if one != -1)
        shape = [size // others if one == -1 and others > 0 else one for one in shape]
    if any(one < 1 for one in shape) or math.prod(shape) != size:
        raise node.refuse(f"samples of shape {given} cannot take the shape {target[1:]}")
    return reshaped(node, value, tuple(shape))


def _unsqueeze(node: Node) -> Value:
    value, axes = node.any_value(0), node.integers(1, "axes")
    if not axes:
        raise node.refuse("its axes are missing")
    count = len(value.tensor.shape) + len(axes)
    places = {axis % count for axis in axes if -count <= axis < count}
    if len(places) < len(axes) or 0 in places:
        raise node.refuse(f"new axes come behind the batch, each once, but they are {axes}")
    sizes = iter(shape_of(value))
    return reshaped(node, value, tuple(1 if at in places else next(sizes) for at in range(1, count)))


def _squeeze(node: Node) -> Value:
    value, axes = node.any_value(0), node.integers(1, "axes")
    shape = shape_of(value)
    count = len(shape) + 1
    if axes is None:
        raise node.refuse("its axes must be given: which of them are 1 depends on the batch")
    places = {axis % count for axis in axes if -count <= axis < count}
    if len(places) < len(axes) or 0 in places or any(shape[at - 1] != 1 for at in places) or len(places) == len(shape):
        raise node.refuse(f"samples of shape {shape} cannot lose the axes {axes}")
    return reshaped(node, value, tuple(size for at, size in enumerate(shape, start=1) if at not in places))


def _transpose(node: Node) -> Value:
    value = node.value(0)
    order = list(node.attribute("perm") or ())
    if sorted(order) != list(range(len(value.tensor.shape))) or order[0] != 0:
        raise node.refuse(f"the batch must stay first, but perm is {order}")
    return node.add(layers.Permute(tuple(order[1:])), value)


def _concat(node: Node) -> Value:
    values = [node.value(index) for index in range(len(node.taken))]
    for value in values:
        node.needs_rows(value)
        node.last_axis(value)
    if len(values) == 1:
        return values[0]
    return node.made(layers.Concatenate()([value.tensor for value in values]))


def _gather(node: Node) -> Value:
    table, value, axis = node.needed(0), node.any_value(1), node.attribute("axis")
    if axis not in (0, -table.ndim):
        raise node.refuse(f"its axis must be 0, but it is {axis}")
    if table.ndim != 2:
        raise node.refuse(f"its table must be a matrix, but its shape is {table.shape}")
    if value.numbers is Numbers.REAL:
        raise node.refuse("its categories must be whole numbers, but they are real ones")
    node.needs_rows(value)
    return node.add(layers.Embedding(*table.shape), value, embeddings=table)


def _shape(node: Node) -> NDArray[Any]:
    shape = [BATCH, *shape_of(node.any_value(0))]
    sizes = np.array(shape, object)[node.attribute("start") or 0 : node.attribute("end")]
    return sizes if BATCH in sizes.tolist() else sizes.astype(np.int64)


SHAPES: Mapping[str, Callable[[Node], Any]] = {
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Concat": _concat,
    "Gather": _gather,
    "Shape": _shape,
}
