"""ONNX's operators in their versions: each is what it is in the file's opset, and names mean one thing."""

import numpy as np
import pytest

from fastnn.interop import from_onnx

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx import defs, helper, numpy_helper
from onnx_models import check_same, node, proto_of

RNG = np.random.default_rng(4)
X, FOUR, W = RNG.normal(size=(9, 4)).astype(np.float32), RNG.normal(size=4), RNG.normal(size=(4, 3))
STATISTICS = {"g": FOUR, "b": FOUR, "m": FOUR, "v": FOUR**2 + 0.1}
ROW, AXES = {"k": FOUR[None]}, {"a": np.array([0])}

# Opset, nodes from x to y, and arrays.
TAKEN = {
    **{f"softmax by default in {opset}": (opset, [node("Softmax", "x")], {}) for opset in (7, 11, 12, 13)},
    **{f"log_softmax by default in {opset}": (opset, [node("LogSoftmax", "x")], {}) for opset in (7, 11, 12, 13)},
    "squeeze by an attribute": (11, [node("Squeeze", "k", "q", axes=[0]), node("Add", "x q")], ROW),
    "squeeze by an input": (13, [node("Squeeze", "k a", "q"), node("Add", "x q")], ROW | AXES),
    "squeeze one of two": (13, [node("Squeeze", "k a", "q"), node("Gemm", "x q")], {"k": FOUR[None, :, None]} | AXES),
    "unsqueeze by an attribute": (11, [node("Unsqueeze", "k", "q", axes=[0]), node("Add", "x q")], {"k": FOUR}),
    "unsqueeze by an input": (13, [node("Unsqueeze", "k a", "q"), node("Add", "x q")], {"k": FOUR} | AXES),
    "a value's axis by an attribute": (11, [node("Unsqueeze", "x", "q", axes=[1]), node("Flatten", "q")], {}),
    "a value's axis by an input": (
        13,
        [node("Unsqueeze", "x a", "q"), node("Squeeze", "q a")],
        {"a": np.array([-2])},
    ),
    "dropout's share as an attribute": (11, [node("Dropout", "x", ratio=0.3)], {}),
    "as an input": (13, [node("Dropout", "x r")], {"r": np.array(0.3)}),
    "dropout in prediction": (13, [node("Dropout", "x r t")], {"r": np.array(0.3), "t": np.array(False)}),
    "a mask that nobody takes": (13, [node("Dropout", "x", "y mask")], {}),
    "statistics that nobody takes": (17, [node("LayerNormalization", "x g b", "y m s")], {"g": FOUR, "b": FOUR}),
    "limits as attributes": (10, [node("Clip", "x", min=0.0, max=0.5)], {}),
    "one limit": (10, [node("Clip", "x", min=0.0)], {}),
    "limits as inputs": (11, [node("Clip", "x a b")], {"a": np.array(0.0), "b": np.array(0.5)}),
    "an infinite limit": (13, [node("Clip", "x a b")], {"a": np.array(0.0), "b": np.array(np.inf)}),
    "batch normalisation of old": (8, [node("BatchNormalization", "x g b m v", spatial=1)], STATISTICS),
    "of now": (15, [node("BatchNormalization", "x g b m v", momentum=0.5)], STATISTICS),
    "a sum by an attribute": (12, [node("ReduceSum", "x", axes=[1])], {}),
    "a sum by an input": (13, [node("ReduceSum", "x a")], {"a": np.array([-1])}),
    "a mean by an attribute": (17, [node("ReduceMean", "x", axes=[-1])], {}),
    "a mean by an input": (18, [node("ReduceMean", "x a")], {"a": np.array([1])}),
    "flatten from the end": (13, [node("Flatten", "x", axis=-1)], {}),
    "an input that is left out": (13, [helper.make_node("Gemm", ["x", "w", ""], ["y"])], {"w": W}),
}


@pytest.mark.parametrize("case", TAKEN)
def test_operators_of_a_version(case):
    opset, nodes, arrays = TAKEN[case]
    proto = proto_of(nodes, arrays, opset=opset)
    check_same(proto, from_onnx(proto), {"x": X})


@pytest.mark.parametrize("shape", [(3,), (1, 3), (), (1,), (1, 1)])
@pytest.mark.parametrize("options", [{}, {"alpha": 0.3, "beta": 0.7}, {"transB": 1}])
def test_gemm(shape, options):
    arrays = {"w": W.T if "transB" in options else W, "b": RNG.normal(size=shape)}
    proto = proto_of([node("Gemm", "x w b", **options)], arrays)
    model = from_onnx(proto)
    check_same(proto, model, {"x": X})
    assert [type(layer).__name__ for layer in model.layers] == ["Dense"]


REFUSED = {
    "an old opset": (6, [node("Relu", "x")], {}, "its opset must be one from 7 to"),
    "one of the future": (defs.onnx_opset_version() + 1, [node("Relu", "x")], {}, "its opset must be one from 7 to"),
    "an operator of a later one": (12, [node("Gelu", "x", name="late")], {}, r"node 'late' \(Gelu\) .*in opset 12"),
    "softmax over the batch": (12, [node("Softmax", "x", axis=0)], {}, "axis must be the last"),
    "dropout of training": (13, [node("Dropout", "x r t")], {"r": np.array(0.5), "t": np.array(True)}, "training_mode"),
    "batch normalisation of training": (
        15,
        [node("BatchNormalization", "x g b m v", "y c d", training_mode=1)],
        STATISTICS,
        "training_mode must be 0",
    ),
    "that of old": (8, [node("BatchNormalization", "x g b m v", "y c d e f")], STATISTICS, "that of training"),
    "a variance below zero": (15, [node("BatchNormalization", "x g b m v")], STATISTICS | {"v": -(FOUR**2)}, "above 0"),
    "a mask that is taken": (13, [node("Dropout", "x", "a mask"), node("Relu", "mask")], {}, "'mask' is an output of"),
    "an attribute of another operator": (20, [node("Relu", "x", alpha=3.0)], {}, "has an attribute 'alpha', which"),
    "one of another type": (20, [node("Elu", "x", alpha=3)], {}, "attribute 'alpha' twice, or of a type"),
    "one that is missing": (20, [node("Concat", "x x")], {}, "lacks its attribute 'axis'"),
    "one that is not read": (20, [node("ReduceSum", "x a", keepdims=0)], {"a": np.array([1])}, "keepdims must be 1"),
    "too many inputs": (20, [node("Relu", "x x")], {}, "it has 2 inputs, but its operator takes 1"),
    "too few": (20, [node("MatMul", "x")], {}, "it has 1 inputs, but its operator takes 2"),
    "a product from the right": (20, [node("Gemm", "x w", transA=1)], {"w": W}, "transA must be 0"),
    "a bias for each sample": (20, [node("Gemm", "x w b")], {"w": W, "b": RNG.normal(size=(9, 3))}, "do not fit"),
    "an array of more axes": (20, [node("Add", "x b")], {"b": FOUR[None, None]}, "do not fit"),
    "zeros of more axes": (20, [node("Max", "x b")], {"b": np.zeros((1, 1, 4))}, "do not fit"),
    "slopes of more axes": (20, [node("PRelu", "x b")], {"b": FOUR[None, None]}, "do not fit"),
    "an array for each sample": (20, [node("Mul", "x b")], {"b": RNG.normal(size=(9, 1))}, "do not fit"),
    "limits that cross": (
        20,
        [node("Clip", "x a b", name="limits")],
        {"a": np.array(0.0), "b": np.array(-1.0)},
        "node",
    ),
    "an unknown approximation": (20, [node("Gelu", "x", approximate="fast")], {}, "approximate must be"),
    "a new first axis": (20, [node("Unsqueeze", "x a")], {"a": np.array([0])}, "behind the batch"),
    "any axis of one": (20, [node("Squeeze", "x")], {}, "its axes must be given"),
    "zeros that are sizes": (20, [node("Reshape", "x s", allowzero=1)], {"s": np.array([0, 4])}, "batch must stay"),
    "a name of two nodes": (20, [node("Relu", "x", "a"), node("Tanh", "x", "a"), node("Neg", "a")], {}, "the name 'a'"),
    "a name of an input": (20, [node("Relu", "x", "x"), node("Neg", "x")], {}, "the name 'x'"),
    "a name of an array": (20, [node("Neg", "w", "w"), node("MatMul", "x w")], {"w": W}, "the name 'w'"),
    "a formula without its end": (20, [node("Sqrt", "x", name="root")], {}, r"the node 'root' \(Sqrt\)"),
    "a formula with another": (
        20,
        [node("Erf", "x", "e", name="root"), node("Tanh", "e")],
        {},
        r"the node 'root' \(Erf\)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    opset, nodes, arrays, words = REFUSED[case]
    with pytest.raises(ValueError, match=words):
        from_onnx(proto_of(nodes, arrays, opset=opset))


def test_files_without_an_opset_and_with_two_arrays_of_a_name():
    proto = proto_of([node("MatMul", "x w")], {"w": W})
    proto.graph.initializer.append(numpy_helper.from_array(W, "w"))
    with pytest.raises(ValueError, match="the array 'w' has the name 'w' of another"):
        from_onnx(proto)
    proto = proto_of([node("Relu", "x")])
    del proto.opset_import[:]
    with pytest.raises(ValueError, match=r"its opset must be .*not said"):
        from_onnx(proto)


@pytest.mark.parametrize(
    ("name", "becomes"),
    [("input/x:0", "input_x:0"), ("a b", "a b"), ("x\n", "x_"), ("back\\slash", "back_slash"), ("ü", "ü")],
)
def test_names_that_layers_cannot_have(name, becomes):
    proto = proto_of([helper.make_node("Relu", [name], ["out/y"])], inputs=[(name, (4,))], outputs=["out/y"])
    model = from_onnx(proto)
    assert (model.input_names, model.output_names) == ((becomes,), ("out_y",))
    check_same(proto, model, {name: X})


def test_names_that_are_none_or_the_same():
    for names in (["a/b", "a\\b"], ["x", ""], ["x", " "]):
        nodes = [helper.make_node("Add", names, ["y"])]
        with pytest.raises(ValueError, match=r"needs a name of its own|nothing that comes before"):
            from_onnx(proto_of(nodes, inputs=[(name, (4,)) for name in names]))


def test_one_value_under_two_names():
    nodes = [node("Relu", "x", "a"), node("Identity", "a", name="one"), node("Identity", "a", "z")]
    proto = proto_of(nodes, outputs=["y", "z", "a"])
    model = from_onnx(proto)
    assert model.output_names == ("y", "z", "a")
    check_same(proto, model, {"x": X})
