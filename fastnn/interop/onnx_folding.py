"""ONNX's operators on arrays of the file alone: what they give is another such array.

So exporters write shapes, in whole numbers, among which the size of a batch is an object.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.interop.onnx_node import MOST_AXES, Node

__all__ = ["constant", "folded"]

# ONNX's numbers of types; half precision is computed in float32, as from_keras does, but rounded as it says.
_TYPES: Mapping[int, type] = {
    1: np.float32, 2: np.uint8, 3: np.int8, 4: np.uint16, 5: np.int16, 6: np.int32, 7: np.int64, 9: np.bool_,
    10: np.float16, 11: np.float64, 12: np.uint32, 13: np.uint64,
}  # fmt: skip


def constant(node: Node) -> NDArray[Any]:
    """What a Constant holds."""
    for key in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        value = node.attribute(key)
        if value is not None:
            array = np.asarray(value)
            return array.astype(np.float32) if key.startswith("value_float") else array
    raise node.refuse("it has no value that is taken")


def folded(node: Node) -> NDArray[Any]:
    """What a node computes of arrays of the file."""
    compute = _FOLDED.get(node.kind)
    if compute is None:
        raise node.refuse("it takes arrays of the file alone, and is none of " + ", ".join(_FOLDED))
    with np.errstate(all="ignore"):
        try:
            result = np.asarray(compute(node))
        except (IndexError, TypeError, OverflowError, ZeroDivisionError, RuntimeError) as error:
            raise node.refuse(f"it cannot be computed: {error}") from error
    if result.ndim > MOST_AXES:
        raise node.refuse(f"its result would have {result.ndim} axes, but they are {MOST_AXES} at most")
    return result


def _arithmetic(compute: Callable[[Any, Any], Any]) -> Callable[[Node], Any]:
    def made(node: Node) -> Any:
        one, other = node.needed(0), node.needed(1)
        if one.dtype != other.dtype:
            raise node.refuse(f"its inputs must have one type, but these are {one.dtype} and {other.dtype}")
        node.take(_size(np.broadcast_shapes(one.shape, other.shape)))
        return compute(one, other)

    return made


def _quotient(one: Any, other: Any) -> Any:
    if one.dtype.kind == "f":
        return one / other
    if not other.all():
        raise ZeroDivisionError("division by zero")
    # Whole numbers are cut towards zero.
    return np.asarray((one - np.fmod(one, other)) // other, one.dtype)


def _size(shape: Any) -> int:
    return math.prod(int(one) for one in shape)


def _cast(node: Node) -> Any:
    array, to = node.shape_array(0), node.attribute("to")
    if array.dtype == object and to in (6, 7):
        return array
    if to not in _TYPES:
        raise node.refuse(f"its type {to} is none that NumPy has")
    node.take(node.needed(0).size)
    cast: NDArray[Any] = node.needed(0).astype(_TYPES[to])
    return cast.astype(np.float32) if cast.dtype == np.float16 else cast


def _reshape(node: Node) -> Any:
    array, target = node.shape_array(0), [int(one) for one in node.needed(1).reshape(-1)]
    if any(one < -1 for one in target):
        raise node.refuse(f"it has a size below zero: {target}")
    if not node.attribute("allowzero"):
        target = [array.shape[at] if one == 0 and at < array.ndim else one for at, one in enumerate(target)]
    return array.reshape(target)


def _unsqueeze(node: Node) -> Any:
    axes = node.integers(1, "axes")
    if axes is None:
        raise node.refuse("its axes are missing")
    return np.expand_dims(node.shape_array(0), tuple(axes))


def _squeeze(node: Node) -> Any:
    axes = node.integers(1, "axes")
    return node.shape_array(0).squeeze(None if axes is None else tuple(axes))


def _concat(node: Node) -> Any:
    parts = [node.shape_array(index) for index in range(len(node.taken))]
    node.take(sum(part.size for part in parts))
    return np.concatenate(parts, axis=node.attribute("axis"))


def _gather(node: Node) -> Any:
    array, places, axis = node.shape_array(0), node.needed(1), node.attribute("axis")
    if places.dtype.kind not in "iu":
        raise node.refuse(f"its places must be whole numbers, but they are {places.dtype}")
    node.take(places.size * (array.size // max(array.shape[axis], 1)))
    return np.take(array, places, axis=axis)


def _slice(node: Node) -> Any:
    array = node.shape_array(0)
    starts, ends = node.integers(1, "starts"), node.integers(2, "ends")
    if starts is None or ends is None:
        raise node.refuse("its limits are missing")
    axes = node.integers(3, "axes")
    steps = None if len(node.taken) < 5 else node.integers(4, "steps")
    index = [slice(None)] * array.ndim
    for at, (start, end) in enumerate(zip(starts, ends, strict=True)):
        step = 1 if steps is None else steps[at]
        # To the left of everything, which Python would count from the end.
        limit = None if step < 0 and end < -array.ndim - max(array.shape) else end
        index[at if axes is None else axes[at]] = slice(start, limit, step)
    return array[tuple(index)]


def _shape(node: Node) -> Any:
    return np.asarray(node.shape_array(0).shape, np.int64)[node.attribute("start") or 0 : node.attribute("end")]


def _constant_of_shape(node: Node) -> Any:
    shape, value = [int(one) for one in node.needed(0).reshape(-1)], node.attribute("value")
    return _stretched(node, np.zeros(1, np.float32) if value is None else value, shape)


def _expand(node: Node) -> Any:
    array = node.needed(0)
    shape = [int(one) for one in node.needed(1).reshape(-1)]
    if any(one < 0 for one in shape):
        raise node.refuse(f"it has a size below zero: {shape}")
    return _stretched(node, array, np.broadcast_shapes(array.shape, tuple(shape)))


def _stretched(node: Node, array: NDArray[Any], shape: Any) -> Any:
    if any(one < 0 for one in shape):
        raise node.refuse(f"it has a size below zero: {list(shape)}")
    node.take(_size(shape))
    return np.broadcast_to(array, shape)


def _same(node: Node) -> Any:
    return node.shape_array(0)


def _number_by_number(compute: Callable[[Any], Any]) -> Callable[[Node], Any]:
    def made(node: Node) -> Any:
        node.take(node.needed(0).size)
        return compute(node.needed(0))

    return made


_FOLDED: Mapping[str, Callable[[Node], Any]] = {
    "Identity": _same,
    "Cast": _cast,
    "Transpose": lambda node: node.needed(0).transpose(node.attribute("perm")),
    "Reshape": _reshape,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Concat": _concat,
    "Gather": _gather,
    "Slice": _slice,
    "Shape": _shape,
    "ConstantOfShape": _constant_of_shape,
    "Expand": _expand,
    "Add": _arithmetic(lambda one, other: one + other),
    "Sub": _arithmetic(lambda one, other: one - other),
    "Mul": _arithmetic(lambda one, other: one * other),
    "Div": _arithmetic(_quotient),
    "Neg": _number_by_number(np.negative),
    "Sqrt": _number_by_number(np.sqrt),
}
