"""Formulas of ONNX's operators that are one layer: nodes that no layer computes alone wait for the last of them.

They are those that `to_onnx` writes where ONNX, or ONNX Runtime in float64, has no operator, and PyTorch's for GELU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fastnn import layers
from fastnn.interop.onnx_arithmetic import affine
from fastnn.interop.onnx_node import Formula, Node, Taken, Value
from fastnn.layers.symbolic import SymbolicTensor

__all__ = ["BEGINNINGS", "first_node", "of_formula"]

# Operators that formulas begin with, and those that carry them on.
BEGINNINGS = ("Sqrt", "Greater", "Equal", "Erf")
_MIDDLES = ("Max", "Cast", "ReduceSum", "Add")


def of_formula(node: Node) -> Taken:
    """What a node gives that takes a part of a formula; refuse the first node where it is none that is known."""
    found: Taken | None = _ENDS[node.kind](node) if node.kind in _ENDS else None
    if found is None and node.kind in _MIDDLES:
        return Formula(node)
    if found is None:
        raise first_node(node).refuse("fastnn has no layer for this operator, but for some formulas that begin with it")
    return found


def first_node(node: Node) -> Node:
    """The node that the formula which another takes begins with."""
    while parts := [one.node for one in node.taken if isinstance(one, Formula)]:
        node = parts[0]
    return node


def _made_by(tensor: SymbolicTensor | None, node: Node, kind: str) -> Node | None:
    """The node of a kind that a tensor is of."""
    found = None if tensor is None else node.state.made_by.get(tensor)
    return found if found is not None and found.kind == kind else None


def _tensor(node: Node | None, index: int = 0) -> SymbolicTensor | None:
    """What a node takes from layers."""
    one = node.taken[index] if node is not None and index < len(node.taken) else None
    return one.tensor if isinstance(one, Value) else None


def _number(node: Node | None) -> float | None:
    """The only number of the only array that a node takes."""
    arrays = [] if node is None else [one for one in node.taken if isinstance(one, np.ndarray)]
    return float(arrays[0].reshape(())) if len(arrays) == 1 and arrays[0].size == 1 else None


def _with_number(tensor: SymbolicTensor | None, node: Node, kind: str) -> tuple[SymbolicTensor | None, float | None]:
    """What a node of a kind takes that a tensor is of: a tensor and a number."""
    made = _made_by(tensor, node, kind)
    return _tensor(made), _number(made)


def _formula(node: Node, index: int, kind: str) -> Node | None:
    one = node.taken[index] if index < len(node.taken) else None
    return one.node if isinstance(one, Formula) and one.node.kind == kind else None


def _is_square_sum(tensor: SymbolicTensor | None, node: Node, of: SymbolicTensor) -> bool:
    square = _made_by(_tensor(_made_by(tensor, node, "ReduceSum")), node, "Mul")
    return square is not None and _tensor(square, 0) is _tensor(square, 1) is of


def _quotient(node: Node) -> Taken | None:
    """``x / max(sqrt(sum(x * x)), 1e-12)``, or ``x / sqrt(sum(x * x) / n + epsilon)``."""
    tensor = _tensor(node)
    if tensor is None:
        return None
    value, width = Value(tensor), tensor.sample_shape[-1]
    longest = _formula(node, 1, "Max")
    if longest is not None:
        root = _formula(longest, 0, "Sqrt")
        # A float32's 1e-12.
        near = np.isclose(_number(longest) or 0.0, 1e-12, rtol=1e-6, atol=0)
        if root is not None and near and _is_square_sum(_tensor(root), node, tensor):
            return node.add(layers.UnitNormalization(), value)
    root = _formula(node, 1, "Sqrt")
    if root is not None:
        mean, epsilon = _with_number(_tensor(root), node, "Add")
        total, count = _with_number(mean, node, "Div")
        if epsilon is not None and count == width and _is_square_sum(total, node, tensor):
            node.take(width)
            return node.add(layers.RMSNormalization(epsilon=epsilon), value, scale=np.ones(width))
    return None


def _choice(node: Node) -> Taken | None:
    """``where(x > threshold, min(x, largest), slope * (x - threshold))``."""
    greater = _formula(node, 0, "Greater")
    tensor, threshold = _tensor(greater), _number(greater)
    if tensor is None or threshold is None:
        return None
    above = _tensor(node, 1)
    limited, largest = (tensor, None) if above is tensor else _with_number(above, node, "Min")
    shifted, slope = _with_number(_tensor(node, 2), node, "Mul")
    below, same = _with_number(shifted, node, "Sub")
    if limited is not tensor or below is not tensor or same != threshold or slope is None:
        return None
    return node.add(layers.ReLU(largest, slope, threshold), Value(tensor))


def _encoded(node: Node) -> Taken | None:
    """``x == arange(n)`` as numbers in rows, or their sums."""
    summed = _formula(node, 0, "ReduceSum")
    cast = _formula(summed or node, 0, "Cast")
    equal = None if cast is None else _formula(cast, 0, "Equal")
    given = _tensor(equal)
    column = _made_by(given, node, "Reshape")
    tensor, numbers = _tensor(column), None if equal is None or len(equal.taken) < 2 else equal.taken[1]
    if tensor is None or not isinstance(numbers, np.ndarray) or cast is None or cast.attribute("to") not in (1, 11):
        return None
    count = numbers.size
    whole = numbers.shape == (count,) and np.array_equal(numbers, np.arange(count))
    if not whole or len(tensor.sample_shape) != 1 or given is None or given.sample_shape != (*tensor.sample_shape, 1):
        return None
    if summed is not None and (summed.integers(1, "axes") != [1] or summed.attribute("keepdims") != 1):
        return None
    width = count if summed is not None else count * tensor.sample_shape[0]
    if node.needed(1).reshape(-1).tolist() != [-1, width]:
        return None
    layer = layers.CategoryEncoding(count, "one_hot" if summed is None else "count")
    return node.add(layer, Value(tensor))


def _gelu(node: Node) -> Taken | None:
    """``x / 2 * (1 + erf(x / sqrt(2)))``, also with the half behind it."""
    place = 0 if isinstance(node.taken[0], Value) else 1
    more = _formula(node, 1 - place, "Add")
    root = None if more is None else _formula(more, 0, "Erf") or _formula(more, 1, "Erf")
    tensor, divisor = _with_number(_tensor(root), node, "Div")
    if tensor is None or _number(more) != 1 or not np.isclose(divisor or 0.0, np.sqrt(2), rtol=1e-6):
        return None
    given = _tensor(node, place)
    made = node.add(layers.Activation("gelu"), Value(tensor))
    if given is tensor:
        return affine(node, made, 2.0, 0.0)
    return made if _with_number(given, node, "Mul") == (tensor, 0.5) else None


_ENDS: Mapping[str, Callable[[Node], Any]] = {"Div": _quotient, "Where": _choice, "Reshape": _encoded, "Mul": _gelu}
