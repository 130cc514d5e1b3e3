"""ONNX's operators as layers: for each, a function from what a node takes to what it gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn import layers
from fastnn.checking.shapes import Shape
from fastnn.layers.base import Layer
from fastnn.layers.symbolic import SymbolicTensor

__all__ = ["NODES", "Arrays", "Node", "Taken"]

# An array of the file, or what a layer gives.
Taken = NDArray[Any] | SymbolicTensor
# The arrays of layers that are made, by layer; they are written once the model is built.
Arrays = dict[Layer, dict[str, NDArray[Any]]]

# A batch normalisation with these is gamma * x + beta, to the last bit.
_EPSILON, _VARIANCE = 2.0**-10, 1 - 2.0**-10


def shape_of(value: SymbolicTensor) -> Shape:
    """Of a sample."""
    return tuple(int(size or 0) for size in value.shape[1:])


@dataclass
class Node:
    """One node of a graph on its way to layers.

    Attributes
    ----------
    kind, name : str
    taken : list
        None for an input that is left out.
    attributes : dict
    arrays : Arrays
        Receives those of the layers that are made.
    """

    kind: str
    name: str
    taken: list[Taken | None]
    attributes: Mapping[str, Any]
    arrays: Arrays = field(default_factory=dict)

    def refuse(self, why: str) -> ValueError:
        """The error for a node that no layer computes."""
        return ValueError(f"the node {self.name!r} ({self.kind}) cannot become a layer: {why}")

    def value(self, index: int) -> SymbolicTensor:
        """An input that layers give."""
        found = self.taken[index] if index < len(self.taken) else None
        if not isinstance(found, SymbolicTensor):
            raise self.refuse(f"its input {index} must depend on the model's inputs")
        return found

    def array(self, index: int) -> NDArray[Any] | None:
        """An input that the file holds; None where there is none."""
        found = self.taken[index] if index < len(self.taken) else None
        if found is not None and not isinstance(found, np.ndarray):
            raise self.refuse(f"its input {index} must be an array that the file holds")
        return found

    def needed(self, index: int) -> NDArray[Any]:
        found = self.array(index)
        if found is None:
            raise self.refuse(f"its input {index} is missing")
        return found

    def only(self, **allowed: Any) -> None:
        """Refuse attributes that have another value than this one."""
        for name, value in allowed.items():
            given = self.attributes.get(name, value)
            if given != value and not (isinstance(value, float) and math.isclose(given, value, rel_tol=1e-6)):
                raise self.refuse(f"its attribute {name} must be {value!r}, but it is {given!r}")

    def add(self, layer: Layer, value: SymbolicTensor, **arrays: NDArray[Any]) -> SymbolicTensor:
        """What a new layer gives for a value."""
        self.arrays[layer] = arrays
        made: SymbolicTensor = layer(value)
        return made

    def last_axis(self, value: SymbolicTensor) -> None:
        """Refuse an axis that is not the last one."""
        axis = self.attributes.get("axis", -1)
        if axis not in (-1, len(value.shape) - 1):
            raise self.refuse(f"its axis must be the last one, but it is {axis}")

    def needs_rows(self, value: SymbolicTensor) -> None:
        if len(value.shape) != 2:
            raise self.refuse(f"it takes rows, but gets samples of shape {shape_of(value)}")


def _dense(node: Node, value: SymbolicTensor, kernel: NDArray[Any], bias: NDArray[Any] | None) -> SymbolicTensor:
    if kernel.ndim != 2 or (bias is not None and bias.size not in (1, kernel.shape[1])):
        shape = None if bias is None else bias.shape
        raise node.refuse(f"its weights must be a matrix and a vector, but their shapes are {kernel.shape} and {shape}")
    if shape_of(value)[-1] != kernel.shape[0]:
        raise node.refuse(f"its weights have {kernel.shape[0]} rows, but samples have shape {value.shape[1:]}")
    layer = layers.Dense(kernel.shape[1], use_bias=bias is not None)
    arrays = {"kernel": kernel}
    if bias is not None:
        arrays["bias"] = np.broadcast_to(bias.reshape(-1), (kernel.shape[1],))
    return node.add(layer, value, **arrays)


def _gemm(node: Node) -> SymbolicTensor:
    node.only(transA=0)
    kernel = node.needed(1) * node.attributes.get("alpha", 1.0)
    bias = node.array(2)
    bias = None if bias is None else bias * node.attributes.get("beta", 1.0)
    node.needs_rows(node.value(0))
    return _dense(node, node.value(0), kernel.T if node.attributes.get("transB", 0) else kernel, bias)


def _matmul(node: Node) -> SymbolicTensor:
    return _dense(node, node.value(0), node.needed(1), None)


def _affine(node: Node, value: SymbolicTensor, scale: Any, shift: Any) -> SymbolicTensor:
    """``scale * value + shift`` with numbers, or a vector of the last axis."""
    node.needs_rows(value)
    size = shape_of(value)[-1]
    parts = {"gamma": scale, "beta": shift}
    arrays = {}
    for name, part in parts.items():
        vector = np.asarray(part)
        if vector.size not in (1, size) or (vector.ndim > 1 and math.prod(vector.shape[:-1]) != 1):
            raise node.refuse(f"an array of shape {vector.shape} and samples of shape {shape_of(value)} do not fit")
        arrays[name] = np.broadcast_to(vector.reshape(-1), (size,))
    arrays |= {"moving_mean": np.zeros(size), "moving_variance": np.full(size, _VARIANCE)}
    layer = layers.BatchNormalization(epsilon=_EPSILON, trainable=False)
    return node.add(layer, value, **arrays)


def _merged(make: type[Layer], *, scale: Callable[[Any], Any], shift: Callable[[Any], Any], first: Any = None) -> Any:
    """The function of an operator that works number by number: on two values, or on one and an array of the file.

    ``scale`` and ``shift`` are what an array means for a value before it; ``first`` for one behind it.
    """

    def made(node: Node) -> SymbolicTensor:
        if len(node.taken) != 2 or None in [type(one) for one in node.taken]:
            raise node.refuse(f"it takes two inputs, but has {len(node.taken)}")
        one, other = node.taken
        if isinstance(one, SymbolicTensor) and isinstance(other, SymbolicTensor):
            if one.shape != other.shape:
                raise node.refuse(
                    f"its inputs must have one shape, but these are {shape_of(one)} and {shape_of(other)}"
                )
            result: SymbolicTensor = make()([one, other])
            return result
        if isinstance(one, SymbolicTensor):
            array = node.needed(1)
            return _affine(node, one, scale(array), shift(array))
        array = node.needed(0)
        value = node.value(1)
        if first is not None:
            return _affine(node, value, *first(array))
        return _affine(node, value, scale(array), shift(array))

    return made


def _division(node: Node) -> SymbolicTensor:
    divisor = node.needed(1)
    with np.errstate(divide="ignore"):
        return _affine(node, node.value(0), 1 / divisor, 0.0)


def _variadic(make: type[Layer]) -> Callable[[Node], SymbolicTensor]:
    """The function of an operator that brings values of one shape together."""

    def made(node: Node) -> SymbolicTensor:
        values = [node.value(index) for index in range(len(node.taken))]
        if len(values) == 1:
            return values[0]
        if any(value.shape != values[0].shape for value in values):
            raise node.refuse(f"its inputs must have one shape, but these are {[shape_of(value) for value in values]}")
        result: SymbolicTensor = make()(values)
        return result

    return made


def _extreme(make: type[Layer], sign: float) -> Callable[[Node], SymbolicTensor]:
    """The function of Max (sign 1) and Min (-1): of values, or of one and an array c: sign relu(sign (x - c)) + c."""
    together = _variadic(make)

    def made(node: Node) -> SymbolicTensor:
        arrays = [one for one in node.taken if isinstance(one, np.ndarray)]
        values = [one for one in node.taken if isinstance(one, SymbolicTensor)]
        if not arrays:
            return together(node)
        if len(arrays) != 1 or len(values) != 1:
            raise node.refuse("of arrays of the file it takes one, and one value")
        (array,), (value,) = arrays, values
        if not array.any() and sign > 0:
            return node.add(layers.ReLU(), value)
        above = node.add(layers.ReLU(), _affine(node, value, sign, -sign * array))
        return _affine(node, above, sign, array)

    return made


def _absolute(node: Node) -> SymbolicTensor:
    value = node.value(0)
    negative = node.add(layers.ReLU(), _affine(node, value, -1.0, 0.0))
    result: SymbolicTensor = layers.Add()([node.add(layers.ReLU(), value), negative])
    return result


def _concat(node: Node) -> SymbolicTensor:
    values = [node.value(index) for index in range(len(node.taken))]
    for value in values:
        node.needs_rows(value)
        node.last_axis(value)
    result: SymbolicTensor = layers.Concatenate()(values) if len(values) > 1 else values[0]
    return result


def _activation(make: Callable[[Node], Layer]) -> Callable[[Node], SymbolicTensor]:
    return lambda node: node.add(make(node), node.value(0))


def _softmax(name: str) -> Callable[[Node], SymbolicTensor]:
    def made(node: Node) -> SymbolicTensor:
        node.needs_rows(node.value(0))
        node.last_axis(node.value(0))
        return node.add(layers.Activation(name), node.value(0))

    return made


def _clip(node: Node) -> SymbolicTensor:
    limits = [node.array(1), node.array(2)]
    low, high = (
        node.attributes.get(name) if one is None else float(one)
        for name, one in zip(("min", "max"), limits, strict=True)
    )
    if low != 0:
        raise node.refuse(f"its lower limit must be 0, but it is {low}")
    return node.add(layers.ReLU(max_value=high), node.value(0))


def _gelu(node: Node) -> Layer:
    return layers.Activation("gelu_tanh" if node.attributes.get("approximate") in ("tanh", b"tanh") else "gelu")


def _hard_sigmoid(node: Node) -> Layer:
    alpha, beta = node.attributes.get("alpha", 0.2), node.attributes.get("beta", 0.5)
    if not math.isclose(alpha, 1 / 6, rel_tol=1e-6) or beta != 0.5:
        raise node.refuse(f"alpha and beta must be 1/6 and 0.5, but they are {alpha:g} and {beta:g}")
    return layers.Activation("hard_sigmoid")


def _selu(node: Node) -> Layer:
    node.only(alpha=1.67326319217681884765625, gamma=1.05070102214813232421875)
    return layers.Activation("selu")


def _prelu(node: Node) -> SymbolicTensor:
    value, slope = node.value(0), node.needed(1)
    if slope.size == 1:
        return node.add(layers.LeakyReLU(float(slope.reshape(()))), value)
    shape = shape_of(value)
    try:
        return node.add(layers.PReLU(), value, alpha=np.broadcast_to(slope, shape))
    except ValueError:
        raise node.refuse(f"slopes of shape {slope.shape} do not fit samples of shape {shape}") from None


def _gather(node: Node) -> SymbolicTensor:
    node.only(axis=0)
    table = node.needed(0)
    if table.ndim != 2:
        raise node.refuse(f"its table must be a matrix, but its shape is {table.shape}")
    node.needs_rows(node.value(1))
    return node.add(layers.Embedding(*table.shape), node.value(1), embeddings=table)


def _flatten(node: Node) -> SymbolicTensor:
    node.only(axis=1)
    value = node.value(0)
    return value if len(value.shape) == 2 else node.add(layers.Flatten(), value)


def _reshape(node: Node) -> SymbolicTensor:
    value, target = node.value(0), [int(size) for size in node.needed(1).reshape(-1)]
    size = math.prod(shape_of(value))
    if not target or target[0] not in (-1, 0):
        raise node.refuse(f"the batch must stay as it is, -1 or 0, but the shape is {target}")
    given = shape_of(value)
    shape = [given[index] if one == 0 and index < len(given) else one for index, one in enumerate(target[1:])]
    if shape.count(-1) == 1 and target[0] == 0:
        others = math.prod(one for one in shape if one != -1)
        shape = [size // others if one == -1 and others > 0 else one for one in shape]
    if not shape or any(one < 1 for one in shape) or math.prod(shape) != size:
        raise node.refuse(f"samples of shape {shape_of(value)} cannot take the shape {target[1:]}")
    return _reshaped(node, value, tuple(shape))


def _reshaped(node: Node, value: SymbolicTensor, shape: Shape) -> SymbolicTensor:
    if shape_of(value) == shape:
        return value
    return node.add(layers.Flatten() if len(shape) == 1 else layers.Reshape(shape), value)


def _transpose(node: Node) -> SymbolicTensor:
    value = node.value(0)
    order = list(node.attributes.get("perm", ()))
    if sorted(order) != list(range(len(value.shape))) or order[0] != 0:
        raise node.refuse(f"the batch must stay first, but perm is {order}")
    return node.add(layers.Permute(tuple(order[1:])), value)


def _vectors(node: Node, first: int, names: Sequence[str], size: int) -> dict[str, NDArray[Any]]:
    """Inputs from ``first`` on that must be vectors of the last axis; those left out are not among them."""
    found = {}
    for index, name in enumerate(names, start=first):
        array = node.array(index)
        if array is not None:
            if array.size != size:
                raise node.refuse(f"{name} must have {size} numbers, but its shape is {array.shape}")
            found[name] = array.reshape(-1)
    return found


def _batch_normalization(node: Node) -> SymbolicTensor:
    node.only(training_mode=0)
    value = node.value(0)
    node.needs_rows(value)
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    arrays = _vectors(node, 1, names, shape_of(value)[-1])
    if len(arrays) != len(names):
        raise node.refuse("it needs scale, bias, mean and variance")
    epsilon = node.attributes.get("epsilon", 1e-5)
    if epsilon == 0:
        # Ours is above 0: a part of the variance is moved there.
        epsilon = float(arrays["moving_variance"].min()) / 2
        arrays["moving_variance"] = arrays["moving_variance"] - epsilon
    if epsilon <= 0:
        raise node.refuse("its variances and epsilon must be above 0")
    return node.add(layers.BatchNormalization(epsilon=epsilon), value, **arrays)


def _layer_normalization(node: Node) -> SymbolicTensor:
    value = node.value(0)
    node.needs_rows(value)
    node.last_axis(value)
    arrays = _vectors(node, 1, ("gamma", "beta"), shape_of(value)[-1])
    layer = layers.LayerNormalization(
        epsilon=node.attributes.get("epsilon", 1e-5), center="beta" in arrays, scale="gamma" in arrays
    )
    return node.add(layer, value, **arrays)


def _rms_normalization(node: Node) -> SymbolicTensor:
    value = node.value(0)
    node.last_axis(value)
    arrays = _vectors(node, 1, ("scale",), shape_of(value)[-1])
    return node.add(layers.RMSNormalization(epsilon=node.attributes.get("epsilon", 1e-5)), value, **arrays)


def _unit_normalization(node: Node) -> SymbolicTensor:
    node.only(p=2)
    node.last_axis(node.value(0))
    return node.add(layers.UnitNormalization(), node.value(0))


def _same(node: Node) -> SymbolicTensor:
    return node.value(0)


NODES: Mapping[str, Callable[[Node], SymbolicTensor]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Add": _merged(layers.Add, scale=lambda array: 1.0, shift=lambda array: array),
    "Sub": _merged(
        layers.Subtract, scale=lambda array: 1.0, shift=lambda array: -array, first=lambda array: (-1.0, array)
    ),
    "Mul": _merged(layers.Multiply, scale=lambda array: array, shift=lambda array: 0.0),
    "Div": _division,
    "Neg": lambda node: _affine(node, node.value(0), -1.0, 0.0),
    "Sum": _variadic(layers.Add),
    "Mean": _variadic(layers.Average),
    "Max": _extreme(layers.Maximum, 1.0),
    "Min": _extreme(layers.Minimum, -1.0),
    "Abs": _absolute,
    "Concat": _concat,
    "Relu": _activation(lambda node: layers.ReLU()),
    "LeakyRelu": _activation(lambda node: layers.LeakyReLU(node.attributes.get("alpha", 0.01))),
    "Elu": _activation(lambda node: layers.ELU(node.attributes.get("alpha", 1.0))),
    "Selu": _activation(_selu),
    "Gelu": _activation(_gelu),
    "HardSigmoid": _activation(_hard_sigmoid),
    "Sigmoid": _activation(lambda node: layers.Activation("sigmoid")),
    "Tanh": _activation(lambda node: layers.Activation("tanh")),
    "Softplus": _activation(lambda node: layers.Activation("softplus")),
    "Softsign": _activation(lambda node: layers.Activation("softsign")),
    "Mish": _activation(lambda node: layers.Activation("mish")),
    "HardSwish": _activation(lambda node: layers.Activation("hard_silu")),
    "Exp": _activation(lambda node: layers.Activation("exponential")),
    "Softmax": _softmax("softmax"),
    "LogSoftmax": _softmax("log_softmax"),
    "Clip": _clip,
    "PRelu": _prelu,
    "Gather": _gather,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "BatchNormalization": _batch_normalization,
    "LayerNormalization": _layer_normalization,
    "RMSNormalization": _rms_normalization,
    "LpNormalization": _unit_normalization,
    "Identity": _same,
    "Dropout": _same,
    "Cast": _same,
}
