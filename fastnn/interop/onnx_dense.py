"""ONNX's products with matrices of the file as dense layers, which take a bias and an activation that come behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn import layers
from fastnn.interop.onnx_node import DenseParts, Node, Value, shape_of

__all__ = ["DENSE", "with_activation", "with_bias"]


def _dense(node: Node, parts: DenseParts) -> Value:
    value, kernel, bias, applied = parts
    layer = layers.Dense(kernel.shape[1], applied, use_bias=bias is not None)
    made = node.add(layer, value, kernel=kernel, **({} if bias is None else {"bias": bias}))
    node.state.dense[made.tensor] = parts
    return made


def with_bias(node: Node, index: int, array: NDArray[Any]) -> Value | None:
    """What a dense layer gives with an array added to it; None where that is no bias of a dense layer."""
    value = node.value(index)
    parts = node.state.dense.get(value.tensor)
    # Each number of the array is one of the last axis.
    if parts is None or parts.bias is not None or parts.applied is not None or not node.alone(index):
        return None
    if array.ndim > 1 and max(array.shape[:-1]) > 1:
        return None
    bias = node.spread(array, value).reshape(-1, parts.kernel.shape[1])[0]
    return _dense(node, parts._replace(bias=bias))


def with_activation(node: Node, layer: layers.Activation) -> Value:
    """What an activation gives, which becomes that of a dense layer where nothing else takes what that gives."""
    value = node.value(0)
    parts = node.state.dense.get(value.tensor)
    if parts is None or parts.applied is not None or not node.alone(0):
        return node.add(layer, value)
    return _dense(node, parts._replace(applied=layer.applied))


def _gemm(node: Node) -> Value:
    node.only(transA=0)
    value, kernel, bias = node.value(0), node.needed(1), node.array(2)
    node.needs_rows(value)
    alpha, beta = node.attribute("alpha"), node.attribute("beta")
    if kernel.ndim != 2:
        raise node.refuse(f"its weights must be a matrix, but their shape is {kernel.shape}")
    kernel = kernel.T if node.attribute("transB") else kernel
    made = _product(node, value, kernel if alpha == 1 else kernel * alpha)
    if bias is None:
        return made
    bias = node.spread(bias, made)
    parts = node.state.dense[made.tensor]
    return _dense(node, parts._replace(bias=bias if beta == 1 else bias * beta))


def _product(node: Node, value: Value, kernel: NDArray[Any]) -> Value:
    if kernel.ndim != 2:
        raise node.refuse(f"its weights must be a matrix, but their shape is {kernel.shape}")
    if shape_of(value)[-1] != kernel.shape[0]:
        raise node.refuse(f"its weights have {kernel.shape[0]} rows, but samples have shape {shape_of(value)}")
    return _dense(node, DenseParts(value, kernel, None))


def _matmul(node: Node) -> Value:
    return _product(node, node.value(0), node.needed(1))


def _reduced(share: Callable[[int], float]) -> Callable[[Node], Value]:
    """The function of a sum over the last axis, which is a product with ones, or with another number."""

    def made(node: Node) -> Value:
        value, axes = node.value(0), node.integers(1, "axes")
        node.only(keepdims=1, noop_with_empty_axes=0)
        if axes not in ([-1], [len(value.tensor.shape) - 1]):
            raise node.refuse(f"its axes must be the last one, but they are {axes}")
        size = shape_of(value)[-1]
        node.take(size)
        layer = layers.Dense(1, use_bias=False)
        layer.trainable = False
        return node.add(layer, value, kernel=np.full((size, 1), share(size)))

    return made


DENSE: Mapping[str, Callable[[Node], Any]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "ReduceSum": _reduced(lambda size: 1.0),
    "ReduceMean": _reduced(lambda size: 1.0 / size),
}
