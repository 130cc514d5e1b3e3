"""ONNX's activations as layers, or as those of the dense layers before them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fastnn import layers
from fastnn.interop.onnx_dense import with_activation
from fastnn.interop.onnx_node import Node, Value, shape_of

__all__ = ["ACTIVATIONS"]


def _activation(make: Callable[[Node], layers.Activation]) -> Callable[[Node], Value]:
    return lambda node: with_activation(node, make(node))


def _named(name: str) -> Callable[[Node], Value]:
    return _activation(lambda node: layers.Activation(name))


def _softmax(name: str) -> Callable[[Node], Value]:
    def made(node: Node) -> Value:
        # Of rows, the axis of older versions, from which on all are one, is the last one, too.
        node.needs_rows(node.value(0))
        node.last_axis(node.value(0))
        return with_activation(node, layers.Activation(name))

    return made


def _clip(node: Node) -> Value:
    limits = []
    for index, name in ((1, "min"), (2, "max")):
        array = node.array(index)
        if array is not None and array.size != 1:
            raise node.refuse(f"its {name} must be one number, but its shape is {array.shape}")
        limits.append(node.attribute(name) if array is None else float(array.reshape(())))
    low, high = limits
    if low != 0:
        raise node.refuse(f"its lower limit must be 0, but it is {low}")
    # Older versions have the largest number where there is none.
    unlimited = high is None or high >= float(np.finfo(np.float32).max)
    return with_activation(node, layers.ReLU(max_value=None if unlimited else high))


def _gelu(node: Node) -> layers.Activation:
    approximate = node.attribute("approximate")
    if approximate not in ("none", "tanh"):
        raise node.refuse(f"its attribute approximate must be 'none' or 'tanh', but it is {approximate!r}")
    return layers.Activation("gelu_tanh" if approximate == "tanh" else "gelu")


def _hard_sigmoid(node: Node) -> layers.Activation:
    alpha, beta = node.attribute("alpha"), node.attribute("beta")
    if not math.isclose(alpha, 1 / 6, rel_tol=1e-6) or beta != 0.5:
        raise node.refuse(f"alpha and beta must be 1/6 and 0.5, but they are {alpha:g} and {beta:g}")
    return layers.Activation("hard_sigmoid")


def _selu(node: Node) -> layers.Activation:
    node.only(alpha=1.67326319217681884765625, gamma=1.05070102214813232421875)
    return layers.Activation("selu")


def _leaky(node: Node) -> Value:
    alpha = node.attribute("alpha")
    return with_activation(node, layers.LeakyReLU(alpha)) if 0 <= alpha < 1 else _slopes(node, np.array(alpha))


def _prelu(node: Node) -> Value:
    slope = node.needed(1)
    if slope.size == 1 and 0 <= slope.reshape(()) < 1:
        return with_activation(node, layers.LeakyReLU(float(slope.reshape(()))))
    return _slopes(node, slope)


def _slopes(node: Node, slope: Any) -> Value:
    value = node.value(0)
    shape = shape_of(value)
    # The plan has a place for each number of a sample.
    node.take(math.prod(shape))
    # Refuses slopes that do not fit.
    node.spread(slope, value)
    own = (1,) * (len(shape) - slope.ndim) + slope.shape[max(0, slope.ndim - len(shape)) :]
    shared = [axis for axis, (one, whole) in enumerate(zip(own, shape, strict=True), start=1) if one < whole]
    return node.add(layers.PReLU(shared_axes=shared), value, alpha=slope.reshape(own))


ACTIVATIONS: Mapping[str, Callable[[Node], Any]] = {
    "Relu": _activation(lambda node: layers.ReLU()),
    "LeakyRelu": _leaky,
    "Elu": _activation(lambda node: layers.ELU(node.attribute("alpha"))),
    "Selu": _activation(_selu),
    "Gelu": _activation(_gelu),
    "HardSigmoid": _activation(_hard_sigmoid),
    "Sigmoid": _named("sigmoid"),
    "Tanh": _named("tanh"),
    "Softplus": _named("softplus"),
    "Softsign": _named("softsign"),
    "Mish": _named("mish"),
    "HardSwish": _named("hard_silu"),
    "Exp": _named("exponential"),
    "Softmax": _softmax("softmax"),
    "LogSoftmax": _softmax("log_softmax"),
    "Clip": _clip,
    "PRelu": _prelu,
}
