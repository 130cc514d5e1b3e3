"""ONNX's operators: what each gives, of what layers give and of arrays of the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fastnn.interop.onnx_activations import ACTIVATIONS
from fastnn.interop.onnx_arithmetic import ARITHMETIC
from fastnn.interop.onnx_dense import DENSE
from fastnn.interop.onnx_folding import constant, folded
from fastnn.interop.onnx_formulas import BEGINNINGS, of_formula
from fastnn.interop.onnx_node import Formula, Node, Numbers, Taken, Value
from fastnn.interop.onnx_normalizations import NORMALIZATIONS
from fastnn.interop.onnx_shapes import SHAPES

__all__ = ["result_of"]

# ONNX's numbers of types.
_REAL, _WHOLE = {1: "FLOAT", 10: "FLOAT16", 11: "DOUBLE", 16: "BFLOAT16"}, {6: "INT32", 7: "INT64"}


def result_of(node: Node) -> Taken:
    """What a node gives; ValueError, which names it, where no layer computes that."""
    if node.kind == "Constant":
        return constant(node)
    if any(isinstance(one, Formula) for one in node.taken):
        return of_formula(node)
    if node.taken and all(isinstance(one, np.ndarray) or one is None for one in node.taken):
        return folded(node)
    if node.kind in BEGINNINGS:
        return Formula(node)
    if node.kind not in _OPERATORS:
        raise node.refuse("fastnn has no layer for this operator")
    result: Taken = _OPERATORS[node.kind](node)
    return result


def _same(node: Node) -> Value:
    """The same value, which a dense layer cannot change any more where others take it, too."""
    value = node.any_value(0)
    if not node.alone(0):
        node.state.dense.pop(value.tensor, None)
    return value


def _dropout(node: Node) -> Value:
    """Nothing in a prediction; older versions have the share as an attribute."""
    for name in ("ratio", "seed", "is_test"):
        node.attribute(name)
    mode = node.array(2)
    if mode is not None and mode.any():
        raise node.refuse("its training_mode is true, so that it drops numbers in predictions, too")
    return _same(node)


def _cast(node: Node) -> Value:
    value, to = _same(node), node.attribute("to")
    if to in _REAL and value.numbers is not Numbers.CUT:
        return value._replace(numbers=Numbers.REAL)
    if to in _WHOLE and value.numbers is not Numbers.WHOLE:
        return value._replace(numbers=Numbers.CUT)
    if to in _WHOLE:
        return value
    if to in _REAL:
        raise node.refuse("its numbers were cut to whole ones before, and fastnn takes such as categories alone")
    known = ", ".join((_REAL | _WHOLE).values())
    raise node.refuse(f"its type must be one of {known}, but it is the one of number {to}")


_OPERATORS: Mapping[str, Callable[[Node], Any]] = {
    **DENSE,
    **ARITHMETIC,
    **ACTIVATIONS,
    **SHAPES,
    **NORMALIZATIONS,
    "Identity": _same,
    "Dropout": _dropout,
    "Cast": _cast,
}
