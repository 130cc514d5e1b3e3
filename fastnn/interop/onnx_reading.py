"""ONNX files as models: what is read is data, all of it in the file itself."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastnn.checking.arrays import check_finite, converted, float_dtype
from fastnn.checking.shapes import Shape
from fastnn.interop.onnx_nodes import NODES, Arrays, Node, Taken
from fastnn.layers.identity import Identity
from fastnn.layers.input import Input
from fastnn.layers.symbolic import SymbolicTensor
from fastnn.models.functional import Model
from fastnn.models.saving.limits import check_input

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto

__all__ = ["from_onnx"]

# ONNX's number of the type.
_DOUBLE = 11


def from_onnx(source: str | os.PathLike[str] | bytes | ModelProto, dtype: DTypeLike | None = None) -> Model:
    """Make a model of an ONNX model: layers, connections and weights. It predicts what ONNX Runtime does.

    Parameters
    ----------
    source : path-like, bytes or onnx.ModelProto
        Weights must be in it: nothing is read from other files.
    dtype : dtype-like, optional
        float32 or float64; by default float64 where an array or an input of the file is, else float32.

    Returns
    -------
    Model
        Not compiled. Its inputs and outputs have the graph's names. Arithmetic with arrays that are no layer's weights
        becomes a `BatchNormalization` that does not train.

    Raises
    ------
    ImportError
        Where onnx is missing: ``pip install fastnn-ext[onnx]``.
    OSError
        When the file cannot be read.
    ValueError
        When it is no ONNX file, refers to others, or has a node that no layer computes; the message names the node.

    Notes
    -----
    Taken are Gemm, MatMul, Add, Sub, Mul, Div, Neg, Abs, Sum, Mean, Max, Min, Concat, Gather of an input (`Embedding`),
    Flatten, Reshape, Transpose, BatchNormalization, LayerNormalization, RMSNormalization, LpNormalization, Clip from 0,
    and the activations; Identity, Dropout and Cast do nothing. The first axis is the batch.

    Examples
    --------
    >>> from fastnn import Sequential
    >>> from fastnn.interop import to_onnx
    >>> from fastnn.layers import Dense
    >>> model = Sequential([Input((4,)), Dense(8, "relu"), Dense(3, "softmax")], seed=0)
    >>> again = from_onnx(to_onnx(model))
    >>> [type(layer).__name__ for layer in again.layers]
    ['Dense', 'ReLU', 'Dense', 'Activation']
    >>> x = np.ones((2, 4), np.float32)
    >>> np.allclose(again.predict(x), model.predict(x))
    True
    """
    try:
        import onnx
    except ImportError:
        raise ImportError("from_onnx needs the package onnx: pip install fastnn-ext[onnx]") from None
    if isinstance(source, onnx.ModelProto):
        proto, called = source, "the model"
    else:
        content = source if isinstance(source, bytes) else _read(source)
        called = "the file" if isinstance(source, bytes) else os.fspath(source)
        proto = onnx.ModelProto()
        try:
            proto.ParseFromString(content)
        except Exception as error:
            raise ValueError(f"{called} is no ONNX model: {error}") from None
    if not proto.HasField("graph") or not proto.graph.node:
        raise ValueError(f"{called} is no ONNX model with a graph of nodes")
    try:
        return _model_of(proto, None if dtype is None else float_dtype(dtype))
    except (ValueError, OverflowError, TypeError) as error:
        raise ValueError(f"{called} cannot become a model: {error}") from error


def _read(path: str | os.PathLike[str]) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _model_of(proto: ModelProto, dtype: np.dtype[Any] | None) -> Model:
    graph = proto.graph
    values: dict[str, Taken] = {tensor.name: _array_of(tensor) for tensor in graph.initializer}
    if graph.sparse_initializer:
        raise ValueError(f"the sparse array {graph.sparse_initializer[0].values.name!r} is not taken")
    if dtype is None:
        double = any(isinstance(one, np.ndarray) and one.dtype == np.float64 for one in values.values())
        double = double or any(given.type.tensor_type.elem_type == _DOUBLE for given in graph.input)
        dtype = np.dtype(np.float64 if double else np.float32)
    inputs: dict[str, SymbolicTensor] = {}
    for given in graph.input:
        if given.name not in values:
            inputs[given.name] = Input(_shape_of(given), name=given.name).tensor
    if not inputs:
        raise ValueError("its graph has no inputs")
    arrays: Arrays = {}
    values |= inputs
    for number, node in enumerate(graph.node):
        _add(node, number, values, arrays)
    outputs = _outputs(graph, values, inputs.values())
    model = Model(
        inputs if len(inputs) > 1 else next(iter(inputs.values())),
        outputs if len(outputs) > 1 else next(iter(outputs.values())),
        name=_name(graph.name),
        dtype=dtype,
    )
    model.build()
    for layer in model.layers:
        for name, array in arrays.get(layer, {}).items():
            what = f"the {name} of {layer.name}"
            check_finite(array, what)
            layer.arrays[name][...] = converted(np.ascontiguousarray(array), dtype, what)
    return model


def _name(given: str) -> str:
    return given if given.strip() and given.isprintable() else "model"


def _shape_of(given: ValueInfoProto) -> Shape:
    """Of a sample of an input."""
    kind = given.type.tensor_type
    if not given.type.HasField("tensor_type") or not kind.HasField("shape") or len(kind.shape.dim) < 2:
        raise ValueError(f"the input {given.name!r} must be an array with a batch and at least one other axis")
    sizes = [size.dim_value if size.HasField("dim_value") else 0 for size in kind.shape.dim[1:]]
    if any(size < 1 for size in sizes):
        raise ValueError(f"the shape of a sample of the input {given.name!r} must be known, but it is {sizes}")
    check_input(tuple(sizes))
    return tuple(sizes)


def _outputs(
    graph: GraphProto, values: Mapping[str, Taken], inputs: Collection[SymbolicTensor]
) -> dict[str, SymbolicTensor]:
    found = {}
    for given in graph.output:
        value = values.get(given.name)
        if not isinstance(value, SymbolicTensor):
            raise ValueError(f"the output {given.name!r} does not depend on the inputs")
        # An output must be that of a layer.
        found[given.name] = Identity()(value) if any(value is one for one in inputs) else value
    if not found:
        raise ValueError("its graph has no outputs")
    return found


def _array_of(tensor: TensorProto) -> NDArray[Any]:
    """A tensor that the file itself holds, in a type that NumPy has."""
    from onnx import TensorProto, numpy_helper

    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        raise ValueError(f"the array {tensor.name!r} is in another file, which is not read: save the model in one file")
    if any(size < 0 for size in tensor.dims) or math.prod(tensor.dims) > len(tensor.raw_data) + sum(
        len(part) for part in (tensor.float_data, tensor.double_data, tensor.int32_data, tensor.int64_data)
    ):
        raise ValueError(f"the array {tensor.name!r} says shape {list(tensor.dims)}, more than it holds")
    try:
        array = np.asarray(numpy_helper.to_array(tensor))
    except Exception as error:
        raise ValueError(f"the array {tensor.name!r} is damaged: {error}") from None
    if array.dtype.kind not in "fiub":
        raise ValueError(f"the array {tensor.name!r} must hold real numbers, but its type is {array.dtype}")
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _add(proto: NodeProto, number: int, values: dict[str, Taken], arrays: Arrays) -> None:
    """Compute a node of arrays alone, or make layers of it."""
    name = proto.name or next(iter(proto.output), "") or f"number {number}"
    node = Node(proto.op_type, name, [], _attributes(proto, name), arrays)
    if proto.domain not in ("", "ai.onnx"):
        raise node.refuse(f"its domain {proto.domain!r} is not ONNX's own")
    for given in proto.input:
        if given and given not in values:
            raise node.refuse(f"its input {given!r} is nothing that comes before it")
        node.taken.append(values[given] if given else None)
    if not proto.output:
        return
    result: Taken
    if proto.op_type == "Constant":
        result = _constant(node)
    elif node.taken and all(isinstance(one, np.ndarray) or one is None for one in node.taken):
        result = _folded(node)
    elif proto.op_type not in NODES:
        raise node.refuse("fastnn has no layer for this operator")
    else:
        result = NODES[proto.op_type](node)
    if any(proto.output[1:]):
        raise node.refuse(f"only its first output is taken, but it has {len(proto.output)}")
    values[proto.output[0]] = result


def _attributes(proto: NodeProto, name: str) -> dict[str, Any]:
    from onnx import AttributeProto

    plain = {AttributeProto.FLOAT: "f", AttributeProto.INT: "i", AttributeProto.STRING: "s"}
    several = {AttributeProto.FLOATS: "floats", AttributeProto.INTS: "ints"}
    found: dict[str, Any] = {}
    for attribute in proto.attribute:
        if attribute.type in plain:
            found[attribute.name] = getattr(attribute, plain[attribute.type])
        elif attribute.type in several:
            found[attribute.name] = list(getattr(attribute, several[attribute.type]))
        elif attribute.type == AttributeProto.TENSOR:
            found[attribute.name] = _array_of(attribute.t)
        else:
            raise ValueError(
                f"the node {name!r} ({proto.op_type}) has an attribute {attribute.name!r} of a kind not taken"
            )
    return found


def _constant(node: Node) -> NDArray[Any]:
    for key in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        if key in node.attributes:
            value = np.asarray(node.attributes[key])
            return value.astype(np.float32) if value.dtype == np.float64 and key.startswith("value_f") else value
    raise node.refuse("it has no value that is taken")


def _folded(node: Node) -> NDArray[Any]:
    """What a node computes of arrays of the file."""
    compute = _FOLDED.get(node.kind)
    if compute is None:
        raise node.refuse("it takes arrays of the file alone, and is none of " + ", ".join(_FOLDED))
    arrays = [one for one in node.taken if isinstance(one, np.ndarray)]
    if node.kind in ("Add", "Sub", "Mul", "Div"):
        shape = np.broadcast_shapes(*(one.shape for one in arrays))
        if math.prod(shape) > max(one.size for one in arrays):
            raise node.refuse(f"the result would have the shape {shape}, more than the file holds")
    with np.errstate(all="ignore"):
        return np.asarray(compute(node))


def _same(node: Node) -> NDArray[Any]:
    return node.needed(0)


_FOLDED: Mapping[str, Callable[[Node], Any]] = {
    "Identity": _same,
    "Cast": _same,
    "Transpose": lambda node: node.needed(0).transpose(node.attributes.get("perm")),
    "Reshape": lambda node: node.needed(0).reshape([int(size) for size in node.needed(1).reshape(-1)]),
    "Unsqueeze": lambda node: np.expand_dims(node.needed(0), tuple(int(one) for one in node.needed(1).reshape(-1))),
    "Squeeze": lambda node: node.needed(0).squeeze(),
    "Add": lambda node: node.needed(0) + node.needed(1),
    "Sub": lambda node: node.needed(0) - node.needed(1),
    "Mul": lambda node: node.needed(0) * node.needed(1),
    "Div": lambda node: node.needed(0) / node.needed(1),
    "Neg": lambda node: -node.needed(0),
    "Sqrt": lambda node: np.sqrt(node.needed(0)),
}
