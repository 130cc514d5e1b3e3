"""ONNX: a model's prediction as a graph in the exchange format for networks, which ONNX Runtime and others run."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

import fastnn
from fastnn.files.writing import atomic_write
from fastnn.interop import operations
from fastnn.interop.computation import Computation, computation_of
from fastnn.interop.onnx_graph import Graph, Value
from fastnn.interop.onnx_lookups import DOMAIN, VERSION, check_lookups, element_of, found_in, has_lookups
from fastnn.models.functional import Model
from fastnn.models.sequential import Sequential
from fastnn.registry import given

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto

__all__ = ["to_onnx"]

# The first opset whose Softmax is of one axis.
_OLDEST_OPSET = 13
# Protobuf's limit is 2 GiB; the difference is more than any graph's names take.
_LARGEST_FILE = 2_000_000_000


def to_onnx(
    model: Sequential | Model, path: str | os.PathLike[str] | None = None, *, opset: int | None = None
) -> ModelProto:
    """A model's prediction as an ONNX model, also in a file.

    The input of a `Sequential` is called "input" and has shape ("batch", \\*input_shape), the output is "output" with
    shape ("batch", outputs); those of a `Model` have its names, and their shapes. All have the model's dtype, so that
    bytes and categories must be converted first, but for what a lookup takes: strings, or whole numbers of 64 bits.
    Weights are initializers with names such as "dense.kernel". Dropout and noise are left out; batch normalisation is
    that of prediction.

    Parameters
    ----------
    model : Sequential or Model
        Built, or with an input shape.
    path : path-like, optional
        Where to write it, usually with the suffix ".onnx"; an existing file is replaced.
    opset : int, optional
        ONNX's version of the operators, at least 13. By default the lowest that has one for each layer, since newer
        programs read older versions, too: 13; in float32 17 for layer normalisation, 20 for GELU.

    Returns
    -------
    onnx.ModelProto

    Raises
    ------
    ImportError
        Where onnx is missing: ``pip install fastnn-ext[onnx]``.
    TypeError
        For a layer or an activation of your own making, an opset that is no integer, or a `StringLookup` with several
        numbers of unknown strings.
    ValueError
        When the model cannot be built, holds NaN or infinity, or is too large for a file, or for an unknown opset.
    OSError
        When the file cannot be written.

    Notes
    -----
    ONNX Runtime computes a float64 model in float64, too, where not every operator has a kernel: ELU, SELU, GELU,
    leaky ReLU, softplus and layer normalisation are written as formulas of those that have one, the error function as a
    series. In float32, its predictions differ from the model's by some 1e-7 of the numbers that it adds.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input
    >>> graph = to_onnx(Sequential([Input((4,)), Dense(8, "relu"), Dense(3, "softmax")])).graph
    >>> [node.op_type for node in graph.node]
    ['Gemm', 'Relu', 'Gemm', 'Softmax']
    >>> [array.name for array in graph.initializer]
    ['dense.kernel', 'dense.bias', 'dense_1.kernel', 'dense_1.bias']
    """
    try:
        import onnx
    except ImportError:
        raise ImportError("to_onnx needs the package onnx: pip install fastnn-ext[onnx]") from None
    computation = computation_of(model)
    check_lookups(computation)
    operations = [step.operation for step in computation.steps]
    arrays = {id(array): array for layer in model.layers for array in layer.arrays.values()}
    size = sum(array.nbytes for array in arrays.values())
    if size > _LARGEST_FILE:
        raise ValueError(
            f"the weights of {model.name} take {size / 1e9:.2f} GB, but an ONNX file holds 2 GB at most: "
            "make the model smaller, or make it in float32 if it is in float64"
        )
    graph = Graph(model.dtype, _checked_opset(opset, operations, model.dtype))
    opsets = [onnx.helper.make_operatorsetid("", graph.opset)]
    if has_lookups(computation):
        opsets.append(onnx.helper.make_operatorsetid(DOMAIN, VERSION))
    result = onnx.helper.make_model(
        _written(graph, model, computation),
        opset_imports=opsets,
        ir_version=onnx.helper.find_min_ir_version_for(opsets),
        producer_name="fastnn",
        producer_version=fastnn.__version__,
    )
    onnx.checker.check_model(result, full_check=True)
    if path is not None:
        with atomic_write(path) as file:
            file.write(result.SerializeToString())
    return result


def _checked_opset(opset: int | None, operations: list[operations.Operation], dtype: np.dtype[Any]) -> int:
    """The opset to write, by default the lowest that has an operator for each operation."""
    from onnx import defs

    if opset is None:
        # In float64 the operators of later versions have no kernels, and formulas stand for them.
        return max((_oldest_opset(operation) for operation in operations if dtype == np.float32), default=_OLDEST_OPSET)
    newest = defs.onnx_opset_version()
    if isinstance(opset, bool) or not isinstance(opset, int):
        raise TypeError(f"opset must be an integer, but it is {opset!r}")
    if not _OLDEST_OPSET <= opset <= newest:
        raise ValueError(
            f"opset must be from {_OLDEST_OPSET} to {newest}, the newest that this onnx knows, but it is {opset}"
        )
    return opset


def _oldest_opset(operation: operations.Operation) -> int:
    """The first opset that has all operators of an operation in float32."""
    if isinstance(operation, operations.Activate):
        return max(_OLDEST_OPSET, operation.kind.onnx_opset)
    return 17 if isinstance(operation, operations.NormalizeLayer) else _OLDEST_OPSET


def _written(graph: Graph, model: Sequential | Model, computation: Computation) -> GraphProto:
    """The model's steps written into the graph, with its inputs and outputs."""
    from onnx import helper

    names = [name for name, _ in (*computation.inputs, *computation.outputs)]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"an input and an output are both called {name!r}, which ONNX has not: name them apart")
        graph.reserve(name)
    element = helper.np_dtype_to_tensor_dtype(model.dtype)
    given, begins = [], []
    for number, (name, shape) in enumerate(computation.inputs):
        kind = element_of(computation, number, element)
        begins.append(helper.make_tensor_value_info(name, kind, ("batch", *shape)))
        graph.layer = name
        x = Value(graph, name)
        given.append(x.apply("Flatten", axis=1) if len(shape) > 1 else x)
    values: list[Value] = []
    for step in computation.steps:
        graph.layer = step.operation.layer
        sources = [values[source] if source >= 0 else given[-1 - source] for source in step.sources]
        values.append(_value_of(step.operation, sources))
    ends = []
    uses = Counter(value for step in computation.steps for value in step.sources)
    uses.update(value for _, value in computation.outputs)
    for name, value in computation.outputs:
        graph.layer = name
        x = values[value] if value >= 0 else given[-1 - value]
        made = next((node for node in graph.nodes if node.output[0] == x.name), None)
        if made is None or uses[value] > 1:
            # Somebody else takes the value by its own name.
            x.apply("Identity")
            made = graph.nodes[-1]
        made.output[0] = name
        ends.append(helper.make_tensor_value_info(name, element, ("batch", computation.size(value))))
    return helper.make_graph(graph.nodes, model.name, begins, ends, graph.initializers)


def _value_of(operation: operations.Operation, sources: list[Value]) -> Value:
    from onnx import TensorProto

    x = sources[0]
    graph = x.graph
    match operation:
        case operations.Rescale():
            return x * graph.initializer("scale", operation.scale) + graph.initializer("offset", operation.shift)
        case operations.Product():
            arrays = [graph.initializer("kernel", operation.kernel)]
            if operation.bias is not None:
                arrays.append(graph.initializer("bias", operation.bias))
            if operation.vectors == 1:
                return x.apply("Gemm", *arrays)
            made = x.in_shape(-1, operation.vectors, len(operation.kernel)).apply("MatMul", arrays[0])
            return (made + arrays[1] if len(arrays) > 1 else made).in_shape(-1, operation.outputs)
        case operations.Activate():
            return given(operation.kind.onnx, f"the ONNX operators of the activation {operation.activation}")(
                x, *operation.numbers
            )
        case operations.NormalizeBatch():
            return _normalized_batch(operation, x)
        case operations.NormalizeLayer():
            return _normalized_layer(operation, x)
        case operations.Lookup():
            numbers = x.apply("Cast", to=TensorProto.INT64)
            rows = graph.node("Gather", graph.initializer("embeddings", operation.table), numbers)
            return rows.apply("Flatten", axis=1)
        case operations.Find():
            return found_in(operation, x)
        case operations.Merge():
            return _merged(operation, sources)
        case operations.Join():
            return graph.node("Concat", *sources, axis=1)
        case operations.InnerProduct():
            return (x * sources[1]).sums(1)
        case operations.Arrange():
            moved = x.in_shape(-1, *operation.shape).apply("Transpose", perm=[0, *(one + 1 for one in operation.axes)])
            return moved.in_shape(-1, operation.outputs)
        case operations.Slope():
            alpha = graph.initializer("alpha", operation.alpha)
            # In float64 ONNX Runtime has no kernel of the operator.
            return x.apply("PRelu", alpha) if x.is_float32 else x.apply("Max", 0) + x.apply("Min", 0) * alpha
        case operations.NormalizeVectors():
            return _normalized_vectors(operation, x)
        case operations.Encode():
            return _encoded(operation, x)
    raise AssertionError(operation)


def _merged(operation: operations.Merge, sources: list[Value]) -> Value:
    if operation.kind in ("maximum", "minimum"):
        return sources[0].graph.node(operation.kind[:3].capitalize(), *sources)
    total = sources[0]
    operator = {"subtract": "Sub", "multiply": "Mul"}.get(operation.kind, "Add")
    for other in sources[1:]:
        total = total.apply(operator, other)
    return total / len(sources) if operation.kind == "average" else total


def _normalized_vectors(operation: operations.NormalizeVectors, x: Value) -> Value:
    count = operation.outputs // operation.width
    vectors = x.in_shape(-1, count, operation.width) if count > 1 else x
    squares = (vectors * vectors).sums(-1)
    epsilon = x.graph.initializer("epsilon", operation.epsilon)
    if operation.scale is None:
        result = vectors / squares.apply("Sqrt").apply("Max", epsilon)
    else:
        scale = x.graph.initializer("scale", operation.scale)
        result = vectors / (squares / operation.width + epsilon).apply("Sqrt") * scale
    return result.in_shape(-1, operation.outputs) if count > 1 else result


def _encoded(operation: operations.Encode, x: Value) -> Value:
    from onnx import helper

    numbers = x.graph.initializer("categories", np.arange(operation.categories))
    same = x.in_shape(-1, operation.inputs, 1).apply("Equal", numbers)
    ones = same.apply("Cast", to=helper.np_dtype_to_tensor_dtype(x.graph.dtype))
    if operation.mode == "one_hot":
        return ones.in_shape(-1, operation.outputs)
    count = ones.sums(1).in_shape(-1, operation.outputs)
    return count if operation.mode == "count" else count.apply("Min", 1)


def _normalized_batch(operation: operations.NormalizeBatch, x: Value) -> Value:
    graph = x.graph
    arrays = [graph.initializer("gamma", operation.gamma), graph.initializer("beta", operation.beta)]
    arrays.append(graph.initializer("moving_mean", operation.mean))
    if graph.dtype == np.float32:
        arrays.append(graph.initializer("moving_variance", operation.variance))
        return x.apply("BatchNormalization", *arrays, epsilon=operation.epsilon)
    # The attribute is a float32 and has half of a float64's digits.
    arrays.append(graph.initializer("moving_variance_plus_epsilon", operation.variance + operation.epsilon))
    return x.apply("BatchNormalization", *arrays, epsilon=0.0)


def _normalized_layer(operation: operations.NormalizeLayer, x: Value) -> Value:
    graph = x.graph
    gamma, beta = graph.initializer("gamma", operation.gamma), graph.initializer("beta", operation.beta)
    if graph.dtype == np.float32 and graph.opset >= 17:
        return x.apply("LayerNormalization", gamma, beta, axis=-1, epsilon=operation.epsilon)
    # In float64 the operator's epsilon would be a float32, and by default its mean, too.
    centered = x - x.mean()
    deviation = ((centered * centered).mean() + graph.initializer("epsilon", operation.epsilon)).apply("Sqrt")
    return centered / deviation * gamma + beta
