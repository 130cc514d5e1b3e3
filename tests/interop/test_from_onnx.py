"""ONNX models become fastnn's: they predict as ONNX Runtime does, and what is no layer, or no model, is refused."""

import numpy as np
import pytest
from random_graphs import data_of, random_graph
from random_models import random_data, random_model

from fastnn import Sequential, layers
from fastnn.activations.registry import ACTIVATIONS
from fastnn.interop import from_onnx, to_onnx

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx_models import TOLERANCE, check_same, each, node, proto_of  # noqa: E402

RNG = np.random.default_rng(8)
W, B, TABLE = RNG.normal(size=(4, 3)), RNG.normal(size=3), RNG.normal(size=(7, 2))
FOUR, THREE = RNG.normal(size=4), RNG.uniform(0.5, 2, size=3)
# Nodes from x, of shape (batch, 4), to y, and the arrays that they take.
NODES = {
    "Gemm": ([node("Gemm", "x w b")], {"w": W, "b": B}),
    "Gemm transposed": ([node("Gemm", "x w b", transB=1, alpha=0.5, beta=2.0)], {"w": W.T, "b": B}),
    "Gemm without bias": ([node("Gemm", "x w")], {"w": W}),
    "Gemm with one bias": ([node("Gemm", "x w b")], {"w": W, "b": B[:1]}),
    "MatMul and Add": ([node("MatMul", "x w", "m"), node("Add", "m b")], {"w": W, "b": B}),
    "MatMul of a transposed array": ([node("Transpose", "v", "w"), node("MatMul", "x w")], {"v": W.T}),
    "MatMul of a product": ([node("Mul", "w w", "s"), node("MatMul", "x s")], {"w": W}),
    "Add a number": ([node("Add", "x b")], {"b": np.array(0.5)}),
    "Add before": ([node("Add", "b x")], {"b": FOUR}),
    "Sub": ([node("Sub", "x b")], {"b": FOUR}),
    "Sub from": ([node("Sub", "b x")], {"b": FOUR[None]}),
    "Mul": ([node("Mul", "x b")], {"b": FOUR}),
    "Div": ([node("Div", "x b")], {"b": FOUR}),
    "Neg": ([node("Neg", "x")], {}),
    "Abs": ([node("Abs", "x")], {}),
    "silu by hand": ([node("Sigmoid", "x", "s"), node("Mul", "x s")], {}),
    "Add values": ([node("Tanh", "x", "t"), node("Add", "x t")], {}),
    "Sub values": ([node("Tanh", "x", "t"), node("Sub", "x t")], {}),
    "Sum": ([node("Tanh", "x", "t"), node("Sum", "x t x")], {}),
    "Sum of one": ([node("Tanh", "x", "t"), node("Sum", "t")], {}),
    "Mean": ([node("Tanh", "x", "t"), node("Mean", "x t")], {}),
    "Max": ([node("Tanh", "x", "t"), node("Max", "x t")], {}),
    "Min": ([node("Tanh", "x", "t"), node("Min", "x t")], {}),
    "Max with an array": ([node("Max", "x b")], {"b": FOUR}),
    "Min with a number": ([node("Min", "b x")], {"b": np.array(0.3)}),
    "Max with zero": ([node("Max", "x b")], {"b": np.array(0.0)}),
    "Concat": ([node("Tanh", "x", "t"), node("Concat", "x t", axis=1)], {}),
    "Concat at the end": ([node("Tanh", "x", "t"), node("Concat", "x t", axis=-1)], {}),
    "Relu": ([node("Relu", "x")], {}),
    "LeakyRelu": ([node("LeakyRelu", "x", alpha=0.2)], {}),
    "LeakyRelu as it is": ([node("LeakyRelu", "x")], {}),
    "Elu": ([node("Elu", "x", alpha=0.7)], {}),
    "Selu": ([node("Selu", "x")], {}),
    "Gelu": ([node("Gelu", "x")], {}),
    "Gelu by tanh": ([node("Gelu", "x", approximate="tanh")], {}),
    "HardSigmoid": ([node("HardSigmoid", "x", alpha=1 / 6, beta=0.5)], {}),
    "Sigmoid": ([node("Sigmoid", "x")], {}),
    "Tanh": ([node("Tanh", "x")], {}),
    "Softplus": ([node("Softplus", "x")], {}),
    "Softsign": ([node("Softsign", "x")], {}),
    "Mish": ([node("Mish", "x")], {}),
    "HardSwish": ([node("HardSwish", "x")], {}),
    "Exp": ([node("Exp", "x")], {}),
    "Softmax": ([node("Softmax", "x", axis=-1)], {}),
    "LogSoftmax": ([node("LogSoftmax", "x", axis=1)], {}),
    "Clip": ([node("Clip", "x low high")], {"low": np.array(0.0), "high": np.array(0.8)}),
    "Clip from below": ([node("Clip", "x low")], {"low": np.array(0.0)}),
    "PRelu": ([node("PRelu", "x s")], {"s": FOUR}),
    "PRelu with one slope": ([node("PRelu", "x s")], {"s": np.array([0.3])}),
    "BatchNormalization": (
        [node("BatchNormalization", "x g b m v", epsilon=0.01)],
        {"g": FOUR, "b": FOUR[::-1], "m": FOUR * 2, "v": FOUR**2 + 0.1},
    ),
    "BatchNormalization without epsilon": (
        [node("BatchNormalization", "x g b m v", epsilon=0.0)],
        {"g": FOUR, "b": FOUR, "m": FOUR, "v": FOUR**2 + 0.1},
    ),
    "LayerNormalization": ([node("LayerNormalization", "x g b", axis=-1)], {"g": FOUR, "b": FOUR}),
    "LayerNormalization without shift": ([node("LayerNormalization", "x g")], {"g": FOUR}),
    "LpNormalization": ([node("LpNormalization", "x", axis=1, p=2)], {}),
    "Reshape": ([node("Reshape", "x s", "r"), node("Flatten", "r")], {"s": np.array([-1, 2, 2])}),
    "Reshape with zeros": ([node("Reshape", "x s", "r"), node("Flatten", "r")], {"s": np.array([0, -1, 2])}),
    "Transpose": (
        [node("Reshape", "x s", "r"), node("Transpose", "r", "t", perm=[0, 2, 1]), node("Flatten", "t")],
        {"s": np.array([-1, 2, 2])},
    ),
    "nothing": ([node("Identity", "x", "i"), node("Dropout", "i", "d"), node("Cast", "d", to=1)], {}),
    "constants": (
        [
            helper.make_node("Constant", [], ["c"], value_float=1.5),
            helper.make_node("Constant", [], ["v"], value=numpy_helper.from_array(FOUR.astype(np.float32))),
            node("Mul", "x c", "m"),
            node("Add", "m v"),
        ],
        {},
    ),
    "without names": ([helper.make_node("Relu", ["x"], ["r"]), helper.make_node("Tanh", ["r"], ["y"])], {}),
}


@pytest.mark.parametrize("case", NODES)
def test_nodes_become_layers(case):
    nodes, arrays = NODES[case]
    proto = proto_of(nodes, arrays)
    check_same(proto, from_onnx(proto), {"x": RNG.normal(size=(9, 4)).astype(np.float32)})


def test_rms_normalization():
    # ONNX Runtime has no kernel of this operator: the formula is its definition.
    proto = proto_of([node("RMSNormalization", "x g", axis=-1, epsilon=0.01)], {"g": FOUR}, opset=23)
    x = RNG.normal(size=(9, 4)).astype(np.float32)
    expected = x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 0.01) * FOUR
    np.testing.assert_allclose(from_onnx(proto).predict(x), expected, rtol=1e-5, atol=1e-6)


def test_categories_and_several_inputs_and_outputs():
    nodes = [
        node("Cast", "codes", "whole", to=7),
        node("Gather", "table whole", "rows"),
        node("Flatten", "rows", "flat"),
        node("Concat", "flat x", "both", axis=1),
        node("Gemm", "both w b", "sum"),
        node("Softmax", "sum", "shares", axis=1),
    ]
    arrays = {"table": TABLE, "w": RNG.normal(size=(8, 3)), "b": B}
    proto = proto_of(nodes, arrays, inputs=[("codes", (2,)), ("x", (4,))], outputs=["sum", "shares"])
    model = from_onnx(proto)
    assert (model.input_names, model.output_names) == (("codes", "x"), ("sum", "shares"))
    codes = RNG.integers(0, 7, size=(9, 2)).astype(np.float32)
    check_same(proto, model, {"codes": codes, "x": RNG.normal(size=(9, 4)).astype(np.float32)})


@pytest.mark.parametrize("name", [kind.name for kind in ACTIVATIONS if kind.name != "general_relu"])
def test_activations_come_back(name):
    model = Sequential([layers.Input((4,)), layers.Activation(name)])
    x = np.linspace(-6, 6, 80, dtype=np.float32).reshape(-1, 4)
    np.testing.assert_allclose(from_onnx(to_onnx(model)).predict(x), model.predict(x), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("seed", range(30))
def test_random_models_come_back(seed):
    model = random_model(seed, "float32")
    x = random_data(model, 7, seed)
    expected = model.predict(x)
    got = from_onnx(to_onnx(model)).predict(x)
    assert np.abs(got - expected).max() <= 10 * TOLERANCE * max(1, np.abs(expected).max())


@pytest.mark.parametrize("seed", range(30))
def test_random_graphs_come_back(seed):
    model = random_graph(seed, "float32")
    again = from_onnx(to_onnx(model))
    assert (again.input_names, again.output_names) == (model.input_names, model.output_names)
    x = data_of(model, 7, seed)
    x = x if len(x) > 1 else x[0]
    for one, other in zip(each(again.predict(x)), each(model.predict(x)), strict=True):
        assert np.abs(one - other).max() <= 10 * TOLERANCE * max(1, np.abs(other).max())


@pytest.mark.parametrize("element", [TensorProto.FLOAT, TensorProto.DOUBLE])
def test_the_type_is_that_of_the_file_or_as_asked(element, tmp_path):
    proto = proto_of(*NODES["Gemm"], element=element)
    (tmp_path / "model.onnx").write_bytes(proto.SerializeToString())
    own = from_onnx(tmp_path / "model.onnx")
    assert own.dtype == helper.tensor_dtype_to_np_dtype(element)
    assert from_onnx(proto.SerializeToString(), dtype="float64").dtype == np.float64
    own.compile("sgd", "mse")
    own.fit(np.ones((4, 4)), np.ones((4, 3)), verbose=0)


def external():
    proto = proto_of(*NODES["Gemm"])
    tensor = proto.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return proto


def claimed():
    """An array that says that it is larger than it is."""
    proto = proto_of(*NODES["Gemm"])
    proto.graph.initializer[0].dims[0] = 1 << 40
    return proto


def of_strings():
    proto = proto_of(*NODES["Neg"])
    proto.graph.initializer.append(helper.make_tensor("s", TensorProto.STRING, [1], [b"a"]))
    return proto


def without_shape():
    proto = proto_of(*NODES["Neg"])
    proto.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "any"
    return proto


def own_domain():
    return proto_of([helper.make_node("Relu", ["x"], ["y"], name="mine", domain="com.example")])


REFUSED = {
    "another operator": (lambda: proto_of([node("Sin", "x", name="wave")]), r"node 'wave' \(Sin\).*no layer"),
    "convolution": (lambda: proto_of([node("Conv", "x w")], {"w": W}), r"\(Conv\).*no layer"),
    "another domain": (own_domain, r"node 'mine' \(Relu\).*domain"),
    "an array elsewhere": (external, "array 'w' is in another file"),
    "an array that is not there": (claimed, "says shape .* more than it holds"),
    "strings": (of_strings, "array 's'"),
    "a shape that is not known": (without_shape, "shape of a sample of the input 'x' must be known"),
    "an input that is nothing": (lambda: proto_of([node("Relu", "nobody")]), "'nobody' is nothing that comes before"),
    "weights that depend on inputs": (
        lambda: proto_of([node("MatMul", "x x")]),
        "must be an array that the file holds",
    ),
    "weights that do not fit": (lambda: proto_of([node("Gemm", "x w")], {"w": W.T}), "weights have 3 rows"),
    "shapes that do not fit": (lambda: proto_of([node("Add", "x b")], {"b": B}), "do not fit"),
    "two shapes": (
        lambda: proto_of([node("Gemm", "x w", "g"), node("Mul", "x g")], {"w": W}),
        r"must have one shape, but these are \(4,\) and \(3,\)",
    ),
    "another axis": (lambda: proto_of([node("Softmax", "x", axis=0)]), "axis must be the last"),
    "a batch that moves": (
        lambda: proto_of([node("Transpose", "x", perm=[1, 0])]),
        "batch must stay first",
    ),
    "a batch that is reshaped": (
        lambda: proto_of([node("Reshape", "x s")], {"s": np.array([4, -1])}),
        "batch must stay",
    ),
    "another hard sigmoid": (lambda: proto_of([node("HardSigmoid", "x")]), "must be 1/6 and 0.5"),
    "another selu": (lambda: proto_of([node("Selu", "x", alpha=1.0)]), "alpha must be"),
    "a lower limit": (lambda: proto_of([node("Clip", "x low")], {"low": np.array(-1.0)}), "lower limit must be 0"),
    "a division by zero": (lambda: proto_of([node("Div", "x b")], {"b": np.zeros(4)}), "divides by zero"),
    "arrays alone": (
        lambda: proto_of([node("Sin", "b", "s"), node("Add", "x s")], {"b": FOUR}),
        "arrays of the file alone",
    ),
    "an output of arrays": (lambda: proto_of([node("Neg", "b", "y")], {"b": FOUR}), "output 'y' does not depend"),
    "an input that nothing uses": (
        lambda: proto_of([node("Relu", "x")], inputs=[("x", (4,)), ("z", (4,))]),
        "z",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_layer_is_refused_by_name(case):
    make, text = REFUSED[case]
    with pytest.raises(ValueError, match=text):
        from_onnx(make())


@pytest.mark.parametrize("content", [b"", b"no model", b"\x00" * 100, b"\x08\x07"])
def test_what_is_no_onnx_is_refused(content, tmp_path):
    with pytest.raises(ValueError, match="no ONNX model"):
        from_onnx(content)
    (tmp_path / "file.onnx").write_bytes(content)
    with pytest.raises(ValueError, match=r"file\.onnx is no ONNX model"):
        from_onnx(tmp_path / "file.onnx")


def test_a_file_that_is_not_there():
    with pytest.raises(FileNotFoundError):
        from_onnx("nowhere.onnx")


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_give_a_model_or_an_error_of_ours(seed):
    rng = np.random.default_rng(seed)
    content = to_onnx(random_graph(seed, "float32")).SerializeToString()
    for _ in range(150):
        changed = bytearray(content[: rng.integers(1, len(content))] if rng.random() < 0.2 else content)
        for place in rng.integers(0, len(changed), rng.integers(1, 6)):
            changed[place] = rng.integers(0, 256)
        try:
            model = from_onnx(bytes(changed))
        except ValueError:
            continue
        assert model.built
