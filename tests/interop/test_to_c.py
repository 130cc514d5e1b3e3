"""Models as C99: compiled without a warning, they predict as the model does."""

import ctypes
import re
import shutil
import subprocess

import numpy as np
import pytest
from random_models import ACTIVATIONS, random_data, random_model, randomize

from fastnn import Sequential, layers
from fastnn.interop import to_c

COMPILER = shutil.which("gcc")
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wdouble-promotion", "-Werror", "-O2"]
# Some hundred roundings, relative to the largest output: sums of up to 70 numbers in another order, six layers deep.
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}

needs_compiler = pytest.mark.skipif(COMPILER is None, reason="there is no gcc")


def compiled(folder, source, *options):
    """The file that gcc makes of a source, with a warning being an error."""
    text, result = folder / "source.c", folder / "result"
    text.write_text(source)
    done = subprocess.run(
        [COMPILER, *STRICT, *options, text, "-o", result, "-lm"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return result


def library(folder, source):
    return ctypes.CDLL(str(compiled(folder, source, "-shared", "-fPIC")))


def predict(loaded, name, x, outputs):
    """What a compiled model's function gives for each sample; it may write no more than its outputs."""
    function = loaded[f"{name}_predict"]
    function.argtypes, function.restype = [ctypes.c_void_p, ctypes.c_void_p], None
    result = np.full((len(x), outputs + 1), 77, x.dtype)
    for sample, row in zip(np.ascontiguousarray(x), result, strict=True):
        function(sample.ctypes.data, row.ctypes.data)
    assert (result[:, -1] == 77).all()
    return result[:, :-1]


def check_same(loaded, name, model, x):
    expected = model.predict(x)
    got = predict(loaded, name, x, expected.shape[1])
    assert np.abs(got - expected).max() <= TOLERANCE[str(model.dtype)] * np.abs(expected).max()


@pytest.fixture(scope="module", params=["float32", "float64"])
def random_library(request, tmp_path_factory):
    """A hundred random models in one library."""
    models = {f"net{seed}": random_model(seed, request.param) for seed in range(100)}
    source = "".join(to_c(model, name=name) for name, model in models.items())
    return models, library(tmp_path_factory.mktemp(request.param), source)


@needs_compiler
@pytest.mark.parametrize("seed", range(100))
def test_random_models_predict_the_same(random_library, seed):
    models, loaded = random_library
    name = f"net{seed}"
    check_same(loaded, name, models[name], random_data(models[name], 17, seed))


@needs_compiler
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations_of_extreme_numbers(tmp_path, dtype):
    models = {
        f"apply_{name}": Sequential([layers.Input((4,)), layers.Activation(name)], dtype=dtype) for name in ACTIVATIONS
    }
    loaded = library(tmp_path, "".join(to_c(model, name=name) for name, model in models.items()))
    x = np.array([[0, -0.0, 1e-30, -1e-30], [30, -30, 800, -800], [1e4, -1e4, 1e30, -1e30], [-1e4, -1e4, 3, 1e4]])
    x = np.concatenate([x, np.linspace(-12, 12, 100).reshape(-1, 4)]).astype(dtype)
    for name, model in models.items():
        got, expected = predict(loaded, name, x, 4), model.predict(x)
        assert np.array_equal(np.isfinite(got), np.isfinite(expected))
        # Both are exact to a few roundings of each number, small ones too. The GELUs' exponentials have the roundings
        # of their exponents, 72 and 142 at x = 12. The smallest normal number is where digits begin to be lost,
        # which some multiply with x.
        factor = 200 if name.startswith("apply_gelu") else 8
        bound = {"rtol": factor * np.finfo(dtype).eps, "atol": 24 * np.finfo(dtype).tiny}
        np.testing.assert_allclose(got, expected, **bound, err_msg=name)


@needs_compiler
def test_normalisation_far_from_zero(tmp_path):
    model = Sequential([layers.Input((3,)), layers.BatchNormalization()])
    model.layers[0].arrays["moving_mean"][...] = 1e6
    loaded = library(tmp_path, to_c(model))
    x = np.array([[1e6, 1e6 + 1, 1e6 - 2]], np.float32)
    # The differences are exact, and the scale is the engine's; folding the mean into the shift would cost 0.06.
    np.testing.assert_allclose(predict(loaded, "model", x, 3), model.predict(x), rtol=1e-7, atol=0)


@needs_compiler
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_program_reads_and_prints(tmp_path, dtype):
    model = Sequential([layers.Input((2, 2)), layers.Flatten(), layers.Dense(3, "tanh")], dtype=dtype, seed=0)
    program = compiled(tmp_path, to_c(model, name="net"), "-DNET_MAIN")
    x = random_data(model, 2, 1)
    numbers = "\n".join(repr(float(value)) for value in x.flat)
    done = subprocess.run([program], input=numbers, capture_output=True, text=True, check=True)
    got = np.array([line.split() for line in done.stdout.splitlines()], dtype)
    # Sums of five numbers of size 1, some of which nearly cancel.
    np.testing.assert_allclose(got, model.predict(x), rtol=0, atol=8 * np.finfo(dtype).eps)
    assert done.stderr == ""


@needs_compiler
@pytest.mark.parametrize("numbers", ["1 2 3", "1 x", "1 2 3 4 five"])
def test_the_program_says_when_numbers_do_not_fit(tmp_path, numbers):
    program = compiled(tmp_path, to_c(Sequential([layers.Input((2,)), layers.Dense(1)])), "-DMODEL_MAIN")
    done = subprocess.run([program], input=numbers, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "expected 2 numbers for each sample, and nothing else\n"


@needs_compiler
def test_names_of_models_and_layers_cannot_break_the_source(tmp_path):
    model = Sequential([layers.Input((2,))], name='*/ #error "x', seed=0)
    for name in ("größe", "$name %s ${model}", "ends in ??"):
        model.add(layers.Dense(2, name=name))
    source = to_c(model)
    assert source.isascii()
    loaded = library(tmp_path, source)
    check_same(loaded, "model", model, random_data(model, 7, 1))


@needs_compiler
def test_a_model_without_arithmetic_returns_its_input(tmp_path):
    loaded = library(tmp_path, to_c(Sequential([layers.Input((2,)), layers.Dropout(0.5)])))
    assert predict(loaded, "model", np.array([[1, 2]], np.float32), 2).tolist() == [[1, 2]]


@needs_compiler
def test_bytes_are_converted_first(tmp_path):
    model = Sequential([layers.Input((4, 4)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(3)], seed=0)
    x = np.random.default_rng(1).integers(0, 256, size=(7, 4, 4), dtype=np.uint8)
    got = predict(library(tmp_path, to_c(model)), "model", x.astype(np.float32), 3)
    expected = model.predict(x)
    assert np.abs(got - expected).max() <= 1e-5 * np.abs(expected).max()  # as TOLERANCE


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_are_exact(dtype):
    model = Sequential([layers.Input((30,)), layers.Dense(20, name="only")], dtype=dtype)
    randomize(model, np.random.default_rng(0))
    model.layers[0].arrays["bias"][:4] = [0, -0.0, np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal]
    source = to_c(model)
    for kind, array in model.layers[0].arrays.items():
        body = re.search(rf"model_{kind}_1\[{array.size}\] = {{(.*?)}}", source, re.DOTALL)[1]
        numbers = [float.fromhex(number.strip().rstrip("f")) for number in body.split(",")]
        assert np.array(numbers, dtype).tobytes() == array.tobytes()


def test_the_first_comment_counts_memory():
    model = Sequential([layers.Input((5, 2)), layers.Flatten(), layers.Dense(4, "relu"), layers.Dense(3)])
    model.add(layers.Dense(7, use_bias=False))
    model.add(layers.Dense(2))
    head = " ".join(to_c(model, name="net")[:2000].split(" */")[0].replace("\n *", "").split())
    assert "one sample of NET_INPUTS = 10 numbers (of shape (5, 2), row by row)" in head
    assert "writes NET_OUTPUTS = 2 numbers" in head
    # Places of 7 (after 4) and of 3 numbers; all parameters.
    assert "It needs 40 bytes of stack" in head
    assert f"{4 * model.count_params()} bytes of constants" in head


def test_only_what_is_called_is_defined():
    source = to_c(Sequential([layers.Input((2,)), layers.Dense(1, "relu")]))
    assert re.findall(r"static void model_(\w+)", source) == ["dense", "relu"]
    assert re.findall(r"#include (\S+)", source.split("#ifdef")[0]) == ["<math.h>"]


def test_a_file_is_the_text_that_is_returned(tmp_path):
    model = random_model(0, "float32")
    path = tmp_path / "net.c"
    assert to_c(model, path, name="net") is None
    assert path.read_bytes().decode("ascii") == to_c(model, name="net")


@needs_compiler
def test_names_may_be_any_identifiers(tmp_path):
    model = Sequential([layers.Input((2,)), layers.Dense(3, "relu"), layers.Dense(1)], seed=0)
    names = ["_", "a", "b", "X9", "input", "main", "expf", "long_" * 20]
    loaded = library(tmp_path, "".join(to_c(model, name=name) for name in names))
    for name in names:
        check_same(loaded, name, model, random_data(model, 1, 0))


@pytest.mark.parametrize("name", ["", "1st", "my-net", "a b", "größe", "net\n", "int", "inline", "_Bool", "class"])
def test_what_is_no_identifier_is_refused(tmp_path, name):
    path = tmp_path / "net.c"
    path.write_text("before")
    with pytest.raises(ValueError, match=f"name must be a C identifier, .* but it is {re.escape(repr(name))}"):
        to_c(Sequential([layers.Input((2,)), layers.Dense(1)]), path, name=name)
    assert path.read_text() == "before"


def test_a_name_must_be_a_string():
    with pytest.raises(TypeError, match="name must be a string, but it is 3"):
        to_c(Sequential([layers.Input((2,)), layers.Dense(1)]), name=3)


def test_a_variance_without_a_root_is_refused():
    model = Sequential([layers.Input((2,)), layers.BatchNormalization()])
    model.layers[0].arrays["moving_variance"][...] = -1
    with pytest.raises(ValueError, match="a number of the model is nan in float32"):
        to_c(model)
