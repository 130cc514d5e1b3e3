"""Models as ONNX files: valid by ONNX's own checker, and ONNX Runtime predicts with them as the model does."""

import sys

import numpy as np
import pytest
from random_models import ACTIVATIONS, STEADY, random_data, random_model, randomize

from fastnn import Sequential, __version__, layers
from fastnn.interop import onnx_files, to_onnx

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

# Some hundred roundings, relative to the largest output: sums of up to 70 numbers in another order, six layers deep.
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


def run(proto, x):
    """What ONNX Runtime computes from a model's bytes."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    content = proto.SerializeToString()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    (output,) = session.run(["output"], {"input": x})
    return output


def check_same(proto, model, x):
    """A graph predicts as the model does."""
    expected, got = model.predict(x), run(proto, x)
    assert got.dtype == expected.dtype == model.dtype
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= TOLERANCE[str(model.dtype)] * np.abs(expected).max()


def everything(dtype):
    """A model with every activation, but those that end in infinity, and normalisation."""
    model = Sequential([layers.Input((5, 2)), layers.Rescaling(0.5, -0.1), layers.Flatten()], dtype=dtype, seed=1)
    for name in STEADY:
        model.add(layers.Dense(8, name))
    for layer in (layers.BatchNormalization(), layers.LayerNormalization(), layers.Dense(3)):
        model.add(layer)
    randomize(model, np.random.default_rng(2))
    return model


@pytest.mark.parametrize("seed", range(100))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_models_predict_the_same(dtype, seed):
    model = random_model(seed, dtype)
    proto = to_onnx(model)
    onnx.checker.check_model(proto, full_check=True)
    for samples in (1, 7, 17):
        check_same(proto, model, random_data(model, samples, seed))


@pytest.mark.parametrize("opset", [13, 17, 18, 20, 21])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_opset_predicts_the_same(dtype, opset):
    model = everything(dtype)
    proto = to_onnx(model, opset=opset)
    assert [(entry.domain, entry.version) for entry in proto.opset_import] == [("", opset)]
    check_same(proto, model, random_data(model, 7, 3))


@pytest.mark.parametrize(
    ("layer", "dtype", "opset"),
    [
        (layers.BatchNormalization, "float32", 13),
        (layers.LayerNormalization, "float32", 17),
        (layers.LayerNormalization, "float64", 13),
        (layers.GELU, "float32", 20),
        (layers.GELU, "float64", 13),
    ],
)
def test_the_opset_is_the_lowest_that_will_do(layer, dtype, opset):
    assert to_onnx(Sequential([layers.Input((4,)), layer()], dtype=dtype)).opset_import[0].version == opset


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations_of_extreme_numbers(dtype, name):
    model = Sequential([layers.Input((4,)), layers.Activation(name)], dtype=dtype)
    x = np.array([[0, -0.0, 1e-30, -1e-30], [30, -30, 800, -800], [1e4, -1e4, 1e30, -1e30], [-1e4, -1e4, 3, 1e4]])
    x = x.astype(dtype)
    expected, got = model.predict(x), run(to_onnx(model), x)
    assert np.array_equal(np.isfinite(got), np.isfinite(expected))
    # A rounding or two of each number. ONNX Runtime's logistic function is exact to a rounding of 1, also where it is
    # next to 0, which SiLU multiplies with x = -30.
    epsilon = np.finfo(dtype).eps
    np.testing.assert_allclose(got, expected, rtol=4 * epsilon, atol=15 * epsilon)


@pytest.mark.parametrize("name", ["elu", "selu", "softplus", "gelu"])
def test_formulas_in_float64_are_exact_to_the_last_digits(name):
    model = Sequential([layers.Input((1,)), layers.Activation(name)], dtype="float64")
    x = np.concatenate([np.linspace(-30, 30, 2001), -np.logspace(-300, 0, 301)])[:, None]
    # Relative, also where a plain exp(x) - 1, log(1 + x) or 1 - erf(x) would cancel. GELU's exp(-x^2 / 2) has as many
    # more roundings as its exponent is large, some 2^-53 x^2: its factor.
    rtol = 2e-13 if name == "gelu" else 2e-15
    np.testing.assert_allclose(run(to_onnx(model), x), model.predict(x), rtol=rtol, atol=0)


def test_the_graph_has_names():
    model = Sequential(
        [layers.Input((2, 3)), layers.Flatten(), layers.Dense(4, "relu", name="hidden")], name="small one"
    )
    model.add(layers.Dropout(0.5))
    model.add(layers.GaussianNoise(0.5))
    model.add(layers.BatchNormalization(name="norm"))
    model.add(layers.Dense(2, "softmax", use_bias=False, name="last"))
    proto = to_onnx(model)
    graph = proto.graph
    assert (graph.name, proto.producer_name, proto.producer_version) == ("small one", "fastnn", __version__)
    shapes = [
        [value.name, *(size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim)]
        for value in (*graph.input, *graph.output)
    ]
    assert shapes == [["input", "batch", 2, 3], ["output", "batch", 2]]
    arrays = {array.name: onnx.numpy_helper.to_array(array) for array in graph.initializer}
    assert list(arrays) == [
        "hidden.kernel",
        "hidden.bias",
        "norm.gamma",
        "norm.beta",
        "norm.moving_mean",
        "norm.moving_variance",
        "last.kernel",
    ]
    for given, own in zip(arrays.values(), model.get_weights(), strict=True):
        assert given.tobytes() == own.tobytes()
    assert [node.op_type for node in graph.node] == ["Flatten", "Gemm", "Relu", "BatchNormalization", "Gemm", "Softmax"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layers_may_have_any_names(dtype):
    model = Sequential([layers.Input((3,), name="input")], dtype=dtype, name="output", seed=0)
    for name in ("input", "output", "number", "number.n0", "a.kernel", "a", "batch", "größe *1"):
        model.add(layers.Dense(3, "softplus", name=name))
    check_same(to_onnx(model), model, random_data(model, 7, 1))


def test_a_slope_above_one():
    steep = {"name": "leaky_relu", "slope": 3.0}
    model = Sequential([layers.Input((2,)), layers.Activation(steep)], dtype="float64")
    assert run(to_onnx(model), np.array([[-1.0, 2.0]])).tolist() == [[-3, 2]] == model.predict([[-1.0, 2.0]]).tolist()


def test_bytes_are_converted_first():
    model = Sequential([layers.Input((4, 4)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(3)], seed=0)
    x = np.random.default_rng(1).integers(0, 256, size=(7, 4, 4), dtype=np.uint8)
    got = run(to_onnx(model), x.astype(np.float32))
    expected = model.predict(x)
    assert np.abs(got - expected).max() <= 1e-5 * np.abs(expected).max()  # as TOLERANCE


def test_a_model_without_arithmetic_returns_its_input():
    model = Sequential([layers.Input((2,)), layers.Dropout(0.5)])
    x = np.array([[1, 2]], np.float32)
    assert run(to_onnx(model), x).tolist() == [[1, 2]]


def test_a_file_is_the_model_that_is_returned(tmp_path):
    model = everything("float32")
    path = tmp_path / "model.onnx"
    proto = to_onnx(model, path)
    assert onnx.load(path) == proto
    assert onnxruntime.InferenceSession(path).get_inputs()[0].shape == ["batch", 5, 2]


def test_a_model_that_is_too_large_leaves_the_file_alone(tmp_path, monkeypatch):
    # Two gigabytes would be slow.
    monkeypatch.setattr(onnx_files, "_LARGEST_FILE", 1000)
    path = tmp_path / "model.onnx"
    path.write_bytes(b"before")
    with pytest.raises(ValueError, match=r"the weights of big take 0\.00 GB, but an ONNX file holds 2 GB at most"):
        to_onnx(Sequential([layers.Input((20,)), layers.Dense(20)], name="big"), path)
    assert path.read_bytes() == b"before"


def test_a_folder_that_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        to_onnx(everything("float32"), tmp_path / "missing" / "model.onnx")


@pytest.mark.parametrize("opset", [12, 1000])
def test_an_opset_that_is_unknown(opset):
    with pytest.raises(ValueError, match=rf"opset must be from 13 to \d+, .* but it is {opset}"):
        to_onnx(everything("float32"), opset=opset)


@pytest.mark.parametrize("opset", ["17", True, 17.0])
def test_an_opset_that_is_no_integer(opset):
    with pytest.raises(TypeError, match=f"opset must be an integer, but it is {opset!r}"):
        to_onnx(everything("float32"), opset=opset)


def test_without_onnx_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"to_onnx needs the package onnx: pip install fastnn-ext\[onnx\]"):
        to_onnx(everything("float32"))
