"""Vocabularies in ONNX: strings or whole numbers as a model's inputs, and the operators that find their numbers."""

from __future__ import annotations

import numpy as np

from fastnn.interop import operations
from fastnn.interop.computation import Computation
from fastnn.interop.onnx_graph import Value

__all__ = ["DOMAIN", "VERSION", "check_lookups", "element_of", "found_in", "has_lookups"]

# Of the operators of classical machine learning, the first version that maps what it is given to whole numbers.
DOMAIN, VERSION = "ai.onnx.ml", 2
_LARGEST = np.iinfo(np.int64).max


def has_lookups(computation: Computation) -> bool:
    """Whether a step looks data up."""
    return any(isinstance(step.operation, operations.Find) for step in computation.steps)


def check_lookups(computation: Computation) -> None:
    """Raise TypeError or ValueError for lookups that no operator of ONNX does as the layer."""
    for step in computation.steps:
        operation = step.operation
        if isinstance(operation, operations.Encode) and step.sources[0] >= 0:
            source = computation.steps[step.sources[0]].operation
            if isinstance(source, operations.Find) and source.unknown == 0:
                raise TypeError(
                    f"{source.layer} refuses unknown terms, but in ONNX {operation.layer} would encode them: take "
                    "num_oov_indices=1, or an Embedding"
                )
        if not isinstance(operation, operations.Find):
            continue
        if operation.of_strings and operation.unknown > 1:
            raise TypeError(
                f"{operation.layer} gives unknown strings one of {operation.unknown} numbers by FarmHash64, which ONNX "
                "has not: take num_oov_indices=1"
            )
        terms = operation.terms if operation.mask is None else (operation.mask, *operation.terms)
        if not operation.of_strings and not all(-_LARGEST <= term <= _LARGEST for term in terms):
            raise ValueError(f"{operation.layer} has a term beyond 64 bits, which ONNX has not")


def element_of(computation: Computation, number: int, otherwise: int) -> int:
    """The type of an input in ONNX: that of the terms that are looked up, or the model's."""
    from onnx import TensorProto

    for step in computation.steps:
        if isinstance(step.operation, operations.Find) and step.sources[0] == -1 - number:
            kind: int = TensorProto.STRING if step.operation.of_strings else TensorProto.INT64
            return kind
    return otherwise


def found_in(operation: operations.Find, x: Value) -> Value:
    """The numbers of terms, in the model's dtype. One that is refused is beyond any table, which a Gather refuses."""
    from onnx import helper

    unknown = operation.unknown
    masks = [] if operation.mask is None else [operation.mask]
    terms, first = [*masks, *operation.terms], len(masks)
    default = {0: len(terms), 1: first}.get(unknown, -1)
    numbers = [*range(first), *range(first + unknown, unknown + len(terms))]
    keys = {"keys_strings" if operation.of_strings else "keys_int64s": terms}
    found = x.apply("LabelEncoder", domain=DOMAIN, **keys, values_int64s=numbers, default_int64=default)
    if unknown > 1:
        none, count, begin = (
            x.graph.initializer(name, [value], np.dtype(np.int64))
            for name, value in (("none", 0), ("unknown", unknown), ("first", first))
        )
        found = found.apply("Less", none).apply("Where", x.apply("Mod", count).apply("Add", begin), found)
    return found.apply("Cast", to=helper.np_dtype_to_tensor_dtype(x.graph.dtype))
