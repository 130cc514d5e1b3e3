"""Graphs of layers as C99 and as ONNX: they predict as the model does."""

import numpy as np
import pytest
from random_graphs import data_of, random_graph
from test_to_c import TOLERANCE, compiled, needs_compiler

from fastnn import Model, layers
from fastnn.interop import to_c, to_onnx

both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def each(data):
    return data if isinstance(data, list) else [data]


def predictions(model, x):
    return each(model.predict(x if len(x) > 1 else x[0]))


def through():
    """An input that is an output as it is, and another that is one twice."""
    first, second = layers.Input((3,), name="first"), layers.Input((2, 2), name="second")
    inner = layers.Dense(2, "relu")(layers.Flatten()(second))
    return Model([first, second], {"same": layers.Dropout(0.5)(first), "one": inner, "two": layers.Dropout(0.1)(inner)})


def odd_names():
    """Names that are no identifiers in C, or mean something else there."""
    first, second = layers.Input((3,), name="int"), layers.Input((3,), name="2 a")
    return Model([first, second], {"int.": layers.Add()([first, second]), "x": layers.Subtract()([first, second])})


def along_the_last_axis():
    x = layers.Input((3, 4), name="x")
    value = layers.PReLU("ones")(layers.Dense(5)(layers.Permute((2, 1))(x)))
    value = layers.PReLU("ones", shared_axes=1)(layers.PReLU("ones", shared_axes=2)(value))
    ends = {"root": layers.RMSNormalization()(value), "unit": layers.UnitNormalization()(value)}
    model = Model(x, {"dense": layers.Flatten()(layers.Dense(2, "tanh")(value)), **ends}, seed=2)
    for layer in model.layers:
        for array in layer.arrays.values():
            array[...] = np.random.default_rng(3).uniform(0.2, 1.5, size=array.shape)
    return model


def products():
    one, other = layers.Input((5,), name="one"), layers.Input((5,), name="other")
    first, second = layers.Dense(4, "tanh")(one), layers.Dense(4)(other)
    return Model(
        [one, other], {"dot": layers.Dot()([first, second]), "cos": layers.Dot(normalize=True)([first, second])}
    )


def encodings():
    codes = layers.Input((3,), name="codes")
    ends = {
        mode: layers.Flatten()(layers.CategoryEncoding(7, mode)(codes)) for mode in ("one_hot", "multi_hot", "count")
    }
    return Model(codes, {**ends, "known": layers.Normalization(mean=3.0, variance=4.0)(ends["count"])})


def names_of_the_file():
    """Names that the file itself has, and a layer along the last axis behind a scaled input."""
    one, other = layers.Input((3, 2), name="net_kernel_1"), layers.Input((2,), name="NET_INPUTS")
    scaled = layers.Flatten()(layers.Dense(2, "relu")(layers.Rescaling(0.5)(one)))
    both = layers.Concatenate()([scaled, layers.Dense(3)(other)])
    ends = {"net_dense": layers.Dense(2)(both), "INFINITY": layers.Dense(1)(both), "a1": both}
    return Model([one, other], ends, seed=4)


def transposed_twice():
    x = layers.Input((3, 3), name="x")
    turn = layers.Permute((2, 1))
    return Model(x, layers.Flatten()(turn(turn(turn(x)))))


CASES = {
    "names of the file": names_of_the_file,
    "transposed twice": transposed_twice,
    "through": through,
    "odd names": odd_names,
    "along the last axis": along_the_last_axis,
    "products": products,
    "encodings": encodings,
}


def run_c(folder, source, name, model, x):
    """What the program gives for lines of numbers, split by output."""
    import subprocess

    program = compiled(folder, source, f"-D{name.upper()}_MAIN")
    lines = [" ".join(repr(float(number)) for part in x for number in part[row].ravel()) for row in range(len(x[0]))]
    printed = subprocess.run([program], input="\n".join(lines), text=True, capture_output=True, check=True).stdout
    table = np.array([[float(number) for number in line.split()] for line in printed.splitlines()])
    sizes = [int(np.prod(shape)) for shape in model.output_shapes]
    return np.split(table, np.cumsum(sizes)[:-1], axis=1)


def check_close(got, expected, dtype):
    for one, other in zip(got, expected, strict=True):
        assert one.shape == other.shape
        # Relative to the largest: products of sums of sums, some dozen layers deep.
        assert np.abs(one - other).max() <= 10 * TOLERANCE[dtype] * max(1, np.abs(other).max())


@pytest.fixture(scope="module", params=["float32", "float64"])
def random_programs(request, tmp_path_factory):
    """Some random graphs in one program: which of them, its first argument says."""
    models = {f"net{seed}": random_graph(seed, request.param) for seed in range(40)}
    source = "".join(to_c(model, name=name) for name, model in models.items())
    return request.param, models, source, tmp_path_factory.mktemp("graphs")


@needs_compiler
def test_random_graphs_in_c(random_programs):
    import ctypes

    dtype, models, source, folder = random_programs
    loaded = ctypes.CDLL(str(compiled(folder, source, "-shared", "-fPIC")))
    for seed, (name, model) in enumerate(models.items()):
        x = data_of(model, 5, seed)
        expected = predictions(model, x)
        got = [np.full((5, out.shape[1] + 1), 77, model.dtype) for out in expected]
        for row in range(5):
            arrays = [np.ascontiguousarray(part[row]) for part in x] + [out[row] for out in got]
            loaded[f"{name}_predict"](*[ctypes.c_void_p(array.ctypes.data) for array in arrays])
        # No more is written than there are outputs.
        assert all((out[:, -1] == 77).all() for out in got)
        check_close([out[:, :-1] for out in got], expected, dtype)


@both_dtypes
@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_in_onnx(dtype, seed):
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    model = random_graph(seed, dtype)
    content = to_onnx(model).SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    assert [one.name for one in session.get_inputs()] == list(model.input_names)
    assert [one.name for one in session.get_outputs()] == list(model.output_names)
    x = data_of(model, 5, seed)
    got = session.run(None, dict(zip(model.input_names, x, strict=True)))
    check_close(got, predictions(model, x), dtype)


@needs_compiler
@pytest.mark.parametrize("case", CASES)
def test_odd_graphs(case, tmp_path):
    model = CASES[case]()
    x = data_of(model, 4, 3)
    check_close(run_c(tmp_path, to_c(model, name="net"), "net", model, x), predictions(model, x), "float32")
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(to_onnx(model).SerializeToString(), providers=["CPUExecutionProvider"])
    check_close(session.run(None, dict(zip(model.input_names, x, strict=True))), predictions(model, x), "float32")


def test_shared_arrays_are_written_once():
    onnx = pytest.importorskip("onnx")
    codes = [layers.Input((1,), name=f"codes_{number}") for number in range(2)]
    table, shared = layers.Embedding(7, 3), layers.Dense(2)
    rows = [shared(layers.Flatten()(table(code))) for code in codes]
    model = Model(codes, layers.Add()(rows), seed=0)
    names = [array.name for array in to_onnx(model).graph.initializer]
    assert names == ["embedding.embeddings", "dense.kernel", "dense.bias"]
    assert to_c(model).count("static const float") == 3
    onnx.checker.check_model(to_onnx(model), full_check=True)


def test_names_in_onnx_never_meet():
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    x = layers.Input((3,), name="dense.kernel")
    model = Model(x, layers.Dense(2, name="dense")(x), seed=0)
    session = onnxruntime.InferenceSession(to_onnx(model).SerializeToString(), providers=["CPUExecutionProvider"])
    data = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    check_close(session.run(None, {"dense.kernel": data}), [model.predict(data)], "float32")
    y = layers.Input((3,), name="y")
    with pytest.raises(ValueError, match="both called 'y'"):
        to_onnx(Model(y, {"y": layers.Dense(2)(y), "z": layers.Dense(1)(y)}))


def test_what_computes_otherwise_is_no_known_layer():
    class Times(layers.Add):
        kind = layers.Multiply.kind

    x = layers.Input((3,))
    with pytest.raises(TypeError, match="layer mine is of your own class Times"):
        to_c(Model(x, Times(name="mine")([x, x])))


@needs_compiler
def test_a_category_beyond_the_table_is_nan_in_c(tmp_path):
    codes = layers.Input((2,))
    model = Model(codes, layers.Flatten()(layers.Embedding(3, 2)(codes)))
    (got,) = run_c(tmp_path, to_c(model), "model", model, [np.array([[0, 3], [-1, 2]])])
    np.testing.assert_array_equal(np.isnan(got), [[False, False, True, True], [True, True, False, False]])


def test_a_layer_of_ones_own_is_refused_by_name():
    class OwnMerge(layers.merging.Merge):
        kind = layers.Add.kind

    x = layers.Input((3,))
    model = Model(x, OwnMerge(name="mine")([x, x]))
    for export in (to_c, to_onnx):
        pytest.importorskip("onnx") if export is to_onnx else None
        with pytest.raises(TypeError, match="layer mine is of your own class OwnMerge"):
            export(model)


def looked_up(vocabulary, codes, **options):
    """Terms of one word or several, as they are encoded and embedded, beside numbers."""
    kind = layers.StringLookup if isinstance(vocabulary[0], str) else layers.IntegerLookup
    lookup = kind(vocabulary=vocabulary, name="words", **options)
    term = layers.Input(codes, name="term", dtype="string" if kind is layers.StringLookup else None)
    x = layers.Input((2,), name="x")
    numbers = lookup(term)
    ends = [layers.Flatten()(layers.Embedding(lookup.vocabulary_size(), 3)(numbers)), x]
    if options.get("num_oov_indices") != 0:
        ends.append(layers.CategoryEncoding(lookup.vocabulary_size(), "count")(numbers))
    return Model([term, x], layers.Dense(2)(layers.Concatenate()(ends)), seed=0)


LOOKUPS = {
    "strings": (lambda: looked_up(["red", "blue"], (1,)), [["blue"], ["red"], ["green"]]),
    "several strings": (lambda: looked_up(["red", "blü"], (2,)), [["blü", "red"], ["red", "x"], ["", "red"]]),
    "strings that are known": (lambda: looked_up(["a", "b"], (1,), num_oov_indices=0), [["a"], ["b"], ["a"]]),
    "whole numbers": (lambda: looked_up([7, -1, 2**40], (1,)), [[2**40], [-1], [3]]),
    "several of unknown numbers": (
        lambda: looked_up([7, -1], (2,), num_oov_indices=3),
        [[7, -5], [-1, 2**40], [4, 7]],
    ),
    "masked strings": (lambda: looked_up(["red"], (1,), mask_token=""), [[""], ["red"], ["green"]]),
    "masked strings that are known": (
        lambda: looked_up(["red"], (1,), mask_token="", num_oov_indices=0),
        [[""], ["red"], [""]],
    ),
    "masked numbers": (
        lambda: looked_up([7, -1], (2,), mask_token=0, num_oov_indices=3),
        [[7, 0], [-1, 2**40], [4, 7]],
    ),
}


@both_dtypes
@pytest.mark.parametrize("case", LOOKUPS)
def test_lookups_in_onnx(case, dtype):
    onnx = pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    make, terms = LOOKUPS[case]
    model = make()
    if dtype == "float64":
        model = Model.from_config(model.get_config() | {"dtype": "float64"})
    proto = to_onnx(model)
    onnx.checker.check_model(proto, full_check=True)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    given = np.array(terms, object if isinstance(terms[0][0], str) else np.int64)
    x = np.random.default_rng(0).normal(size=(3, 2)).astype(dtype)
    got = session.run(None, {"term": given, "x": x})
    check_close(got, [model.predict({"term": np.array(terms), "x": x})], dtype)


@pytest.mark.parametrize("mask", [None, ""])
def test_what_a_lookup_refuses_is_refused_in_onnx(mask):
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    proto = to_onnx(looked_up(["a", "b"], (1,), num_oov_indices=0, mask_token=mask))
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    with pytest.raises(Exception, match="out of data bounds"):
        session.run(None, {"term": np.array([["c"]], object), "x": np.zeros((1, 2), np.float32)})


def encoded():
    word = layers.Input((1,), name="word", dtype="string")
    lookup = layers.StringLookup(vocabulary=["a", "b"], num_oov_indices=0, name="words")
    return Model(word, layers.CategoryEncoding(2, "count", name="codes")(lookup(word)))


UNWRITABLE = {
    "hashes": (
        to_onnx,
        lambda: looked_up(["a"], (1,), num_oov_indices=2),
        "words gives unknown strings one of 2 numbers",
    ),
    "unknown terms": (to_onnx, encoded, "words refuses unknown terms, but in ONNX codes would encode them"),
    "strings in C": (to_c, lambda: looked_up(["a"], (1,)), "words looks data up, but the inputs in C are numbers of"),
    "numbers in C": (to_c, lambda: looked_up([5], (1,)), "words looks data up, but the inputs in C"),
}


@pytest.mark.parametrize("case", UNWRITABLE)
def test_lookups_that_cannot_be_written_are_refused_by_name(case):
    pytest.importorskip("onnx")
    export, make, message = UNWRITABLE[case]
    with pytest.raises(TypeError, match=message):
        export(make())
