"""ONNX files as models: what is read is data, all of it in the file itself."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from fastnn.checking.arrays import check_finite, converted, float_dtype
from fastnn.checking.shapes import Shape
from fastnn.files.reading import regular_file
from fastnn.interop.assembling import MOST_LAYERS
from fastnn.interop.onnx_formulas import first_node
from fastnn.interop.onnx_node import MOST_AXES, Formula, Node, Numbers, State, Taken, Value
from fastnn.interop.onnx_operators import result_of
from fastnn.interop.onnx_tensors import array_of, attributes_of
from fastnn.layers.identity import Identity
from fastnn.layers.input import Input
from fastnn.layers.symbolic import SymbolicTensor
from fastnn.models.functional import Model
from fastnn.models.saving.limits import check_input

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, ValueInfoProto

__all__ = ["from_onnx"]

# ONNX's numbers of types: real ones, and those that are whole, or true and false.
_REAL_TYPES, _WHOLE_TYPES = {1, 10, 11, 16}, {2, 3, 4, 5, 6, 7, 9, 12, 13}
_DOUBLE = 11
# ONNX's own operators have a domain of no name, or of this one.
_OWN_DOMAINS = ("", "ai.onnx")
# The first whose arithmetic stretches arrays as NumPy does.
_OLDEST_OPSET = 7
# Ten for each layer.
_MOST_NODES = 10 * MOST_LAYERS


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
        Not compiled. Its inputs and outputs have the graph's names, with an underscore where fastnn's cannot have a
        character. A product and what is added to it become a `Dense` with a bias, also with the activation behind it.
        Other arithmetic with arrays becomes a `BatchNormalization` that does not train.

    Raises
    ------
    ImportError
        Where onnx is missing: ``pip install fastnn-ext[onnx]``.
    OSError
        When the file cannot be read, or it is a folder, a device or a pipe.
    TypeError
        When `source` is none of these.
    ValueError
        When it is no ONNX file, refers to others, has an opset below 7 or above those of the package onnx, would take
        far more memory than it has bytes, or has a node that no layer computes; the message names the node.

    Notes
    -----
    Taken are Gemm, MatMul, Add, Sub, Mul, Div, Neg, Abs, Sum, Mean, Max, Min, ReduceSum and ReduceMean of the last
    axis, Concat, Gather of an input (`Embedding`), Flatten, Reshape, Squeeze, Unsqueeze, Transpose, Shape,
    BatchNormalization, LayerNormalization, RMSNormalization, LpNormalization, Clip from 0, and the activations;
    Identity, Dropout in prediction and Cast among real numbers do nothing. The first axis is the batch. Whole numbers,
    of an input or by a Cast, are categories; what an operator does of arrays alone, as exporters write shapes, is
    computed. Half precision is computed in float32. An array that two nodes take is the first weights of two layers.

    Examples
    --------
    >>> from fastnn import Sequential
    >>> from fastnn.interop import to_onnx
    >>> from fastnn.layers import Dense
    >>> model = Sequential([Input((4,)), Dense(8, "relu"), Dense(3, "softmax")], seed=0)
    >>> again = from_onnx(to_onnx(model))
    >>> [type(layer).__name__ for layer in again.layers]
    ['Dense', 'Dense']
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
    regular_file(path)
    with open(path, "rb") as file:
        return file.read()


def _model_of(proto: ModelProto, dtype: np.dtype[Any] | None) -> Model:
    graph = proto.graph
    if len(graph.node) > _MOST_NODES:
        raise ValueError(f"its graph has {len(graph.node)} nodes, more than {_MOST_NODES}")
    if graph.sparse_initializer:
        raise ValueError(f"the sparse array {graph.sparse_initializer[0].values.name!r} is not taken")
    reader = _Reader(_opset(proto))
    for tensor in graph.initializer:
        reader.define(tensor.name, array_of(tensor), f"the array {tensor.name!r}")
    inputs = reader.inputs(graph)
    reader.state.room += 4 * sum(one.size for one in reader.values.values() if isinstance(one, np.ndarray))
    reader.state.uses.update(name for node in graph.node for name in node.input)
    reader.state.uses.update(given.name for given in graph.output)
    for number, node in enumerate(graph.node):
        reader.add(node, number)
    outputs = reader.outputs(graph, inputs.values())
    model = Model(
        inputs,
        outputs,
        name=_plain(graph.name) or "model",
        dtype=dtype or (np.float64 if reader.double else np.float32),
    )
    model.build()
    for layer in model.layers:
        for name, array in reader.state.arrays.get(layer, {}).items():
            what = f"the {name} of {layer.name}"
            check_finite(array, what)
            layer.arrays[name][...] = converted(np.ascontiguousarray(array), model.dtype, what)
    return model


def _opset(proto: ModelProto) -> int:
    """The version of ONNX's own operators."""
    from onnx import defs

    versions = {one.version for one in proto.opset_import if one.domain in _OWN_DOMAINS}
    newest = defs.onnx_opset_version()
    version = next(iter(versions), 0)
    if len(versions) != 1 or not _OLDEST_OPSET <= version <= newest:
        raise ValueError(
            f"its opset must be one from {_OLDEST_OPSET} to {newest}, which this onnx knows, but it is "
            f"{', '.join(map(str, sorted(versions))) or 'not said'}: onnx.version_converter changes it"
        )
    return int(version)


def _plain(name: str) -> str:
    """A name as fastnn's layers may have it."""
    if not isinstance(name, str):
        raise ValueError(f"the name {name!r} is no text in UTF-8")
    return "".join(one if one.isprintable() and one not in "/\\" else "_" for one in name).strip()


class _Reader:
    """Follows the nodes of a graph in their order; each name means one thing."""

    def __init__(self, opset: int) -> None:
        self.opset, self.state = opset, State()
        self.values: dict[str, Taken] = {}
        # Outputs of nodes that are not taken, which nobody may read.
        self.untaken: dict[str, Node] = {}
        self.double = False

    def define(self, name: str, value: Taken, what: str) -> None:
        """Let a name mean a value; ValueError where it means another already."""
        if name in self.values or name in self.untaken:
            raise ValueError(f"{what} has the name {name!r} of another array, input or node's output")
        self.double |= isinstance(value, np.ndarray) and value.dtype == np.float64
        self.values[name] = value

    def inputs(self, graph: GraphProto) -> dict[str, SymbolicTensor]:
        """What the graph takes beside its arrays, by names that fastnn's inputs may have."""
        found: dict[str, SymbolicTensor] = {}
        batches = []
        arrays = set(self.values)
        for given in graph.input:
            if given.name in arrays:
                continue
            name = _plain(given.name)
            if not name or name in found:
                raise ValueError(f"the input {given.name!r} needs a name of its own, but it is {name!r}")
            kind = given.type.tensor_type
            if kind.elem_type not in _REAL_TYPES | _WHOLE_TYPES:
                raise ValueError(f"the input {given.name!r} must hold numbers, but its type is {kind.elem_type}")
            found[name] = Input(_shape_of(given), name=name).tensor
            batches.append(kind.shape.dim[0].dim_value)
            self.double |= kind.elem_type == _DOUBLE
            numbers = Numbers.WHOLE if kind.elem_type in _WHOLE_TYPES else Numbers.REAL
            self.define(given.name, Value(found[name], numbers), "an input")
        if not found:
            raise ValueError("its graph has no inputs")
        if len(set(batches)) == 1 and batches[0] > 0:
            self.state.batch = batches[0]
        return found

    def add(self, proto: NodeProto, number: int) -> None:
        """Compute a node of arrays alone, or make layers of it."""
        from onnx import defs

        name = proto.name or next(iter(proto.output), "") or f"number {number}"
        node = Node(proto.op_type, name, list(proto.input), [], {}, self.state, sum(map(bool, proto.output)))
        if proto.domain not in _OWN_DOMAINS:
            raise node.refuse(f"its domain {proto.domain!r} is not ONNX's own")
        try:
            schema = defs.get_schema(proto.op_type, self.opset, "")
        except defs.SchemaError:
            raise node.refuse(f"ONNX has no such operator in opset {self.opset}") from None
        node.attributes = attributes_of(proto, name, schema)
        if not schema.min_input <= len(proto.input) <= schema.max_input:
            raise node.refuse(f"it has {len(proto.input)} inputs, but its operator takes {_range(schema)}")
        for given in proto.input:
            if given in self.untaken:
                raise node.refuse(f"its input {given!r} is an output of {self.untaken[given].name!r} that is not taken")
            if given and given not in self.values:
                raise node.refuse(f"its input {given!r} is nothing that comes before it")
            node.taken.append(self.values[given] if given else None)
        self.double |= node.kind == "Cast" and node.attributes.get("to") == _DOUBLE
        try:
            result = result_of(node)
        except (ValueError, TypeError) as error:
            if f"the node {name!r}" in str(error) or "cannot become a layer" in str(error):
                raise
            raise node.refuse(str(error)) from error
        if not isinstance(result, Formula):
            self._check_read(proto, node, schema)
        for at, given in enumerate(proto.output):
            if given and at == 0:
                self.define(given, result, f"the node {name!r} ({proto.op_type})")
            elif given:
                self.untaken[given] = node
        if len(self.state.arrays) > MOST_LAYERS:
            raise ValueError(f"its graph becomes more than {MOST_LAYERS} layers")

    def _check_read(self, proto: NodeProto, node: Node, schema: Any) -> None:
        for attribute in proto.attribute:
            default = schema.attributes[attribute.name].default_value
            if attribute.name not in node.read and attribute.SerializeToString() != default.SerializeToString():
                raise node.refuse(f"its attribute {attribute.name} is not taken")

    def outputs(self, graph: GraphProto, inputs: Collection[SymbolicTensor]) -> dict[str, SymbolicTensor]:
        """What the graph gives, by names that fastnn's outputs may have."""
        found: dict[str, SymbolicTensor] = {}
        for given in graph.output:
            value, name = self.values.get(given.name), _plain(given.name)
            if isinstance(value, Formula):
                raise first_node(value.node).refuse("fastnn has no layer for this operator")
            if not isinstance(value, Value):
                raise ValueError(f"the output {given.name!r} does not depend on the inputs")
            if value.numbers is not Numbers.REAL:
                raise ValueError(
                    f"the output {given.name!r} must hold real numbers, but they are {value.numbers.value}"
                )
            if not name or name in found:
                raise ValueError(f"the output {given.name!r} needs a name of its own, but it is {name!r}")
            # An output must be that of a layer, and of no other.
            shared = any(value.tensor is one for one in (*inputs, *found.values()))
            found[name] = Identity()(value.tensor) if shared else value.tensor
        if not found:
            raise ValueError("its graph has no outputs")
        return found


def _range(schema: Any) -> str:
    least, most = schema.min_input, schema.max_input
    return str(least) if least == most else f"{least} to {most}"


def _shape_of(given: ValueInfoProto) -> Shape:
    """Of a sample of an input."""
    kind = given.type.tensor_type
    if not given.type.HasField("tensor_type") or not kind.HasField("shape") or len(kind.shape.dim) < 2:
        raise ValueError(f"the input {given.name!r} must be an array with a batch and at least one other axis")
    if len(kind.shape.dim) > MOST_AXES:
        raise ValueError(f"the input {given.name!r} has {len(kind.shape.dim)} axes, more than {MOST_AXES}")
    sizes = [size.dim_value if size.HasField("dim_value") else 0 for size in kind.shape.dim[1:]]
    if any(size < 1 for size in sizes):
        raise ValueError(f"the shape of a sample of the input {given.name!r} must be known, but it is {sizes}")
    check_input(tuple(sizes))
    return tuple(sizes)
