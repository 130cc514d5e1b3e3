"""ONNX models made by hand, for tests of what becomes of them, and what ONNX Runtime predicts with them."""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

# float32 sums of some dozen numbers in another order; a vector's worth of roundings more where relu stands for a limit.
TOLERANCE = 1e-5


def proto_of(nodes, arrays=(), inputs=(("x", (4,)),), outputs=("y",), opset=20, element=TensorProto.FLOAT):
    """A model of these nodes; an input may have a type of its own behind its shape."""
    dtype = helper.tensor_dtype_to_np_dtype(element)
    tensors = [
        numpy_helper.from_array(np.asarray(array, dtype if np.asarray(array).dtype.kind == "f" else None), name)
        for name, array in dict(arrays).items()
    ]
    begins = [
        helper.make_tensor_value_info(name, *(own or [element]), ["batch", *shape]) for name, shape, *own in inputs
    ]
    ends = [helper.make_tensor_value_info(name, element, None) for name in outputs]
    graph = helper.make_graph(nodes, "made", begins, ends, tensors)
    opsets = [helper.make_operatorsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=helper.find_min_ir_version_for(opsets, True))


def run(proto, data):
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, data)


def node(kind, taken, given="y", name=None, **attributes):
    return helper.make_node(kind, taken.split(), given.split(), name=name or f"{kind.lower()} of {taken}", **attributes)


def each(data):
    return data if isinstance(data, list) else [data]


def check_same(proto, model, data, tolerance=TOLERANCE):
    """That a model predicts what ONNX Runtime does."""
    got = each(model.predict(list(data.values()) if len(data) > 1 else next(iter(data.values()))))
    expected = run(proto, data)
    assert len(got) == len(expected)
    for one, other in zip(got, expected, strict=True):
        other = other.reshape(len(other), -1)
        assert np.abs(one.reshape(len(one), -1) - other).max() <= tolerance * max(1, np.abs(other).max())
