"""Arrays and attributes of ONNX files: all of it in the file itself, and no more than it holds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastnn.interop.onnx_node import MOST_AXES

if TYPE_CHECKING:
    from onnx import AttributeProto, NodeProto, TensorProto

__all__ = ["array_of", "attributes_of"]


def array_of(tensor: TensorProto) -> NDArray[Any]:
    """A tensor that the file itself holds, in a type that NumPy has.

    Raises
    ------
    ValueError
        Where its numbers are in another file, or fewer than its shape says, or none at all.
    """
    from onnx import TensorProto, numpy_helper

    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        raise ValueError(f"the array {tensor.name!r} is in another file, which is not read: save the model in one file")
    if len(tensor.dims) > MOST_AXES:
        raise ValueError(f"the array {tensor.name!r} has {len(tensor.dims)} axes, but arrays have {MOST_AXES} at most")
    # An axis of no numbers hides the size of the others.
    claimed = math.prod(max(size, 1) for size in tensor.dims)
    held = len(tensor.raw_data) + sum(
        len(part)
        for part in (tensor.float_data, tensor.double_data, tensor.int32_data, tensor.int64_data, tensor.uint64_data)
    )
    if any(size < 0 for size in tensor.dims) or claimed > max(held, 1):
        raise ValueError(f"the array {tensor.name!r} says shape {list(tensor.dims)}, more than it holds")
    try:
        array = np.asarray(numpy_helper.to_array(tensor))
    except Exception as error:
        raise ValueError(f"the array {tensor.name!r} is damaged: {error}") from None
    if array.dtype.kind not in "fiub":
        raise ValueError(f"the array {tensor.name!r} must hold real numbers, but its type is {array.dtype}")
    return array.astype(np.float32) if array.dtype == np.float16 else array


def attributes_of(proto: NodeProto, name: str, schema: Any) -> dict[str, Any]:
    """The attributes of a node, with the defaults of its operator's version.

    Raises
    ------
    ValueError
        For one that the operator has not, or of another type; for one that is missing.
    """
    found: dict[str, Any] = {}
    what = f"the node {name!r} ({proto.op_type})"
    for attribute in proto.attribute:
        known = schema.attributes.get(attribute.name)
        if known is None:
            raise ValueError(
                f"{what} has an attribute {attribute.name!r}, which its operator has not in this opset; it has "
                f"{', '.join(sorted(schema.attributes)) or 'none'}"
            )
        if attribute.name in found or attribute.type != known.type.value or attribute.ref_attr_name:
            raise ValueError(f"{what} has an attribute {attribute.name!r} twice, or of a type that it does not have")
        found[attribute.name] = _read(attribute, what)
    for attribute_name, known in schema.attributes.items():
        if attribute_name not in found and known.default_value.name:
            found[attribute_name] = _read(known.default_value, what)
        elif attribute_name not in found and known.required:
            raise ValueError(f"{what} lacks its attribute {attribute_name!r}")
    return found


def _read(attribute: AttributeProto, what: str) -> Any:
    from onnx import AttributeProto

    match attribute.type:
        case AttributeProto.FLOAT:
            return attribute.f
        case AttributeProto.INT:
            return attribute.i
        case AttributeProto.STRING:
            return attribute.s.decode(errors="replace")
        case AttributeProto.FLOATS:
            return list(attribute.floats)
        case AttributeProto.INTS:
            return list(attribute.ints)
        case AttributeProto.TENSOR:
            return array_of(attribute.t)
    raise ValueError(f"{what} has an attribute {attribute.name!r} of a kind not taken")
