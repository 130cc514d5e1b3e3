"""One table: kinds of data down, ways in across; each cell gives the bits of the same numbers as a contiguous array."""

import functools
import gzip

import numpy as np
import pytest
from cases import case
from data_kinds import KINDS, NUMPY, SPARSE, WithArray, WithDLPack, mapped, named, numpy_kind, with_library

import fastnn
from fastnn.cli import main
from fastnn.layers import Dense, Input
from fastnn.models import Sequential

SAMPLES, COLUMNS = 12, 6
RNG = np.random.default_rng(0)
# Whole numbers that every dtype in the table holds, so that no kind rounds them.
X = RNG.integers(0, 4, size=(SAMPLES, COLUMNS)).astype(np.float32)
Y = RNG.integers(0, 3, size=(SAMPLES, 2)).astype(np.float32)


# Ways in. Each takes x and y of a kind, and returns numbers; the kind under test is x, or y where that is its name.


def model(dtype="float32"):
    made = Sequential([Input((COLUMNS,)), Dense(5, "tanh"), Dense(2)], seed=0, dtype=dtype)
    made.compile("adam", "mse")
    return made


def bits(trained):
    return [array.tobytes() for array in trained.get_weights()]


def fit(x, y, folder):
    trained = model()
    history = trained.fit(x, y, epochs=2, batch_size=5)
    return history.history, bits(trained)


def fit_of_float64(x, y, folder):
    trained = model("float64")
    history = trained.fit(x, y, epochs=2, batch_size=5)
    return history.history, bits(trained)


def fit_of_batches(x, y, folder):
    trained = model()
    history = trained.fit(iter([(x, y), (x, y)]), epochs=1)
    return history.history, bits(trained)


def train_on_batch(x, y, folder):
    trained = model()
    # The first call prepares what the later ones use; the third comes after another kind.
    losses = [trained.train_on_batch(x, y), trained.train_on_batch(x, y), trained.train_on_batch(X, Y)]
    return [*losses, trained.train_on_batch(x, y)], bits(trained)


def evaluate(x, y, folder):
    return model().evaluate(x, y)


def validation_data(x, y, folder):
    return model().fit(X, Y, epochs=1, validation_data=(x, y)).history["val_loss"]


def predict(x, y, folder):
    predicting = model()
    # The second call goes through the plan that the first has made.
    return predicting.predict(x).tobytes(), predicting.predict(x).tobytes()


def predict_of_float64(x, y, folder):
    return model("float64").predict(x).tobytes()


def predict_into(x, y, folder):
    out = np.empty((SAMPLES, 2), np.float32)
    assert model().predict(x, out=out) is out
    return out.tobytes()


def call(x, y, folder):
    return model()(x).tobytes()


def adapt(x, y, folder):
    layer = fastnn.Normalization()
    layer.adapt(x)
    return layer.mean.tobytes(), layer.variance.tobytes()


def network():
    rng = np.random.default_rng(0)
    hidden, last = fastnn.FCLayer(COLUMNS, 5, rng=rng), fastnn.FCLayer(5, 2, rng=rng)
    return [hidden, fastnn.ActivationLayer(fastnn.tanh, fastnn.tanh_prime), last]


def notebook_train(x, y, folder):
    trained, errors = fastnn.train(network(), x, y, epochs=2, learning_rate=0.01, batch_size=5)
    return errors, [array.tobytes() for layer in trained for array in layer.parameters().values()]


def notebook_predict(x, y, folder):
    layers = network()
    return fastnn.predict(layers, x).tobytes(), fastnn.predict(layers, x).tobytes()


class OwnLayer:
    """A layer of the reader's own, with which a network runs layer by layer."""

    def forward(self, inputs):
        return inputs

    def backward(self, gradient, learning_rate):
        return gradient


def notebook_train_by_layers(x, y, folder):
    trained, errors = fastnn.train([*network(), OwnLayer()], x, y, epochs=2, learning_rate=0.01, batch_size=5)
    return errors, [array.tobytes() for layer in trained[:-1] for array in layer.parameters().values()]


def notebook_predict_by_layers(x, y, folder):
    return fastnn.predict([*network(), OwnLayer()], x).tobytes()


WAYS_OF_BOTH = [
    fit, fit_of_float64, fit_of_batches, train_on_batch, evaluate, validation_data, notebook_train,
    notebook_train_by_layers,
]  # fmt: skip
WAYS = [
    *WAYS_OF_BOTH, predict, predict_of_float64, predict_into, call, adapt, notebook_predict, notebook_predict_by_layers,
]  # fmt: skip
BY_LAYERS = (notebook_train_by_layers, notebook_predict_by_layers)


# Cells that are refused, with the words of their errors, and why.
NOT_SPARSE = (TypeError, r"must be an array, but it is a sparse matrix: pass .*\.toarray\(\)")
# Layers of one's own get arrays, and a sparse matrix that is made dense may take all memory.
SPARSE_BY_LAYERS = (TypeError, r"is a sparse matrix, which layers of your own cannot take: pass \w+\.toarray\(\)")


def refusal_of_sparse(way, as_x):
    """What a way says to a sparse matrix; None where it takes it."""
    if way in BY_LAYERS and as_x:
        return SPARSE_BY_LAYERS
    return NOT_SPARSE if way is adapt or not as_x else None


@functools.cache
def of_contiguous(way):
    """What a way gives for contiguous arrays."""
    return way(X, Y, None)


def check(kind, way, as_x, folder):
    """That a cell gives what the contiguous array gives, or refuses as the table says."""
    refusal = refusal_of_sparse(way, as_x) if kind in SPARSE else None
    made = KINDS[kind](X if as_x else Y, folder)
    arguments = (made, Y) if as_x else (X, made)
    if refusal is not None:
        with pytest.raises(refusal[0], match=refusal[1]):
            way(*arguments, folder)
        return
    assert way(*arguments, folder) == of_contiguous(way)


@pytest.mark.parametrize("kind", KINDS)
def test_inputs(kind, tmp_path):
    for way in WAYS:
        with case(kind, way):
            check(kind, way, True, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_targets(kind, tmp_path):
    for way in WAYS_OF_BOTH:
        with case(kind, way):
            check(kind, way, False, tmp_path)


# Weights of samples.

WEIGHTS = RNG.integers(0, 4, size=SAMPLES).astype(np.float64)
WEIGHTED = {
    "fit": lambda w: bits_after(lambda m: m.fit(X, Y, sample_weight=w, batch_size=5)),
    "fit with a split": lambda w: bits_after(lambda m: m.fit(X, Y, sample_weight=w, validation_split=0.25)),
    "batches": lambda w: bits_after(lambda m: m.fit(iter([(X, Y, w)] * 2))),
    "train_on_batch": lambda w: bits_after(lambda m: [m.train_on_batch(X, Y, w) for _ in range(3)]),
    "evaluate": lambda w: model().evaluate(X, Y, sample_weight=w),
    "evaluate batches": lambda w: model().evaluate(iter([(X, Y, w)] * 2)),
    "validation_data": lambda w: model().fit(X, Y, validation_data=(X, Y, w)).history,
}
KINDS_OF_WEIGHTS = {
    **{name: numpy_kind(name) for name in NUMPY if not any(word in name for word in ("column", "matrix", "tuple"))},
    "memory-mapped": mapped,
    "pandas Series": with_library("pandas", lambda library, a: library.Series(a)),
    "pandas Series with another index": with_library(
        "pandas", lambda library, a: library.Series(a, index=np.arange(len(a))[::-1])
    ),
    "pandas, nullable": with_library("pandas", lambda library, a: library.Series(a).astype("Float32")),
    "polars Series": with_library("polars", lambda library, a: library.Series("w", a)),
    "pyarrow array": with_library("pyarrow", lambda library, a: library.array(a)),
    "pyarrow chunks": with_library("pyarrow", lambda library, a: library.chunked_array([a[:5], a[5:]])),
    "torch": with_library("torch", lambda library, a: library.tensor(a)),
    "jax": with_library("jax.numpy", lambda library, a: library.asarray(a.astype(np.float32))),
    "a column": lambda a, folder: a.reshape(-1, 1),
    "tuple": lambda a, folder: tuple(a),
}


def bits_after(train):
    trained = model()
    train(trained)
    return bits(trained)


@functools.cache
def of_contiguous_weights(way):
    return WEIGHTED[way](WEIGHTS)


@pytest.mark.parametrize("kind", KINDS_OF_WEIGHTS)
def test_weights(kind, tmp_path):
    for way in WEIGHTED:
        with case(kind, way):
            assert WEIGHTED[way](KINDS_OF_WEIGHTS[kind](WEIGHTS, tmp_path)) == of_contiguous_weights(way)


# A single sample without its batch axis.


@pytest.mark.parametrize(
    "make",
    [
        *(lambda name=name: NUMPY[name](X)[0] for name in NUMPY if not any(w in name for w in ("__", "matrix"))),
        lambda: pytest.importorskip("torch").tensor(X)[0],
        lambda: pytest.importorskip("jax.numpy").asarray(X)[0],
        lambda: pytest.importorskip("pandas").DataFrame(X).iloc[0],
        lambda: WithArray(X[0]),
        lambda: WithDLPack(X[0]),
        lambda: NUMPY["matrix"](X)[0],
        lambda: pytest.importorskip("scipy.sparse").csr_array(X)[[0]],
    ],
)
def test_a_single_sample(make):
    expected = model().predict(X[:1]).tobytes()
    assert model().predict(make()).tobytes() == expected
    assert model()(make()).tobytes() == expected
    assert fastnn.predict(network(), make()).tobytes() == fastnn.predict(network(), X[:1]).tobytes()


# Kinds with numbers of their own.

OTHER_NUMBERS = {
    "bool": lambda: (X > 1, (X > 1).astype(np.float32)),
    "bool in Fortran order": lambda: (np.asfortranarray(X > 1), (X > 1).astype(np.float32)),
    "each second row of bools": lambda: (np.repeat(X > 1, 2, axis=0)[::2], (X > 1).astype(np.float32)),
    "list of bools": lambda: ((X > 1).tolist(), (X > 1).astype(np.float32)),
    "one row, broadcast": lambda: (np.broadcast_to(X[0], X.shape), np.repeat(X[:1], SAMPLES, axis=0)),
    "one number, broadcast": lambda: (np.broadcast_to(np.float32(0.5), X.shape), np.full_like(X, 0.5)),
    "pandas bools": lambda: (
        pytest.importorskip("pandas").DataFrame(named(X > 1)), (X > 1).astype(np.float32)
    ),
    "pandas numbers and bools": lambda: (
        pytest.importorskip("pandas").DataFrame({**named(X), "c5": X[:, 5] > 1}),
        np.column_stack([X[:, :5], X[:, 5] > 1]).astype(np.float32),
    ),
    "pandas nullable booleans": lambda: (
        pytest.importorskip("pandas").DataFrame(named(X > 1)).astype("boolean"), (X > 1).astype(np.float32)
    ),
    "polars bools": lambda: (pytest.importorskip("polars").DataFrame(named(X > 1)), (X > 1).astype(np.float32)),
    "torch bools": lambda: (pytest.importorskip("torch").tensor(X > 1), (X > 1).astype(np.float32)),
    "csr of bools": lambda: (pytest.importorskip("scipy.sparse").csr_array(X > 1), (X > 1).astype(np.float32)),
    "torch, expanded": lambda: (
        pytest.importorskip("torch").tensor(X[:1]).expand(SAMPLES, COLUMNS), np.repeat(X[:1], SAMPLES, axis=0)
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHER_NUMBERS)
def test_inputs_with_numbers_of_their_own(kind, tmp_path):
    made, same = OTHER_NUMBERS[kind]()
    for way in WAYS:
        with case(kind, way):
            refusal = refusal_of_sparse(way, True) if kind.startswith("csr") else None
            if refusal is not None:
                with pytest.raises(refusal[0], match=refusal[1]):
                    way(made, Y, tmp_path)
            else:
                assert way(made, Y, tmp_path) == way(same, Y, tmp_path)


# The command: kinds of files down, its commands across.

# What NumPy writes into a file; dtypes that it lacks, lists and other libraries' objects are no files.
IN_FILES = (
    "float32", "float64", "float16", "long double", "uint8", "int8", "int32", "int64", "uint64", "other byte order",
    "int16 in the other byte order", "Fortran order", "Fortran order of uint8", "columns of a wider array",
    "rows backwards", "each second column", "unaligned",
)  # fmt: skip
LABELS = RNG.integers(0, 2, SAMPLES)


def npz(name):
    def write(folder):
        np.savez(folder / "data.npz", x=NUMPY[name](X), y=LABELS)
        return folder / "data.npz"

    return write


def npy(name):
    def write(folder):
        np.save(folder / "data.npy", NUMPY[name](X))
        return folder / "data.npy"

    return write


def text(suffix, delimiter):
    def write(folder):
        lines = [[f"c{number}" for number in range(COLUMNS)] + ["label"]]
        lines += [[*row, label] for row, label in zip(X.tolist(), LABELS, strict=True)]
        content = "".join(delimiter.join(map(str, line)) + "\n" for line in lines).encode()
        path = folder / f"data{suffix}"
        path.write_bytes(gzip.compress(content) if suffix.endswith(".gz") else content)
        return path

    return write


def parquet(change):
    def write(folder):
        parquets = pytest.importorskip("pyarrow.parquet")
        table = pytest.importorskip("pyarrow").table(change({**named(X), "label": LABELS}))
        parquets.write_table(table, folder / "data.parquet")
        return folder / "data.parquet"

    return write


def backwards(columns):
    """The same columns in another order, which counts for nothing where they are read by name."""
    return {name: columns[name] for name in reversed(columns)}


ARRAY_FILES = {f"npz of {name}": npz(name) for name in IN_FILES} | {f"npy of {name}": npy(name) for name in IN_FILES}
TABLE_FILES = {
    "csv": text(".csv", ","),
    "csv with semicolons": text(".csv", ";"),
    "tsv": text(".tsv", "\t"),
    "compressed csv": text(".csv.gz", ","),
    "parquet": parquet(dict),
    "parquet of integers": parquet(lambda columns: {name: values.astype(np.int16) for name, values in columns.items()}),
    "parquet, columns backwards": parquet(backwards),
}
COMMANDS = ("predict", "evaluate", "train")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Models that the command has trained: on arrays, and on a table."""
    folder = tmp_path_factory.mktemp("trained")
    return {
        kinds: command("train", write(folder), folder / f"{kinds}.safetensors")
        for kinds, write in (("arrays", npz("float32")), ("table", text(".csv", ",")))
    }


def command(name, data, out, saved=None):
    """What a command writes: a model's file, or a file of answers."""
    if name == "train":
        options = ["--task", "classification", "--epochs", "2", "--hidden", "4", "--quiet", "--out", str(out)]
        if not str(data).endswith(("npz", "npy")):
            options += ["--target", "label"]
        assert main(["train", str(data), *options]) == 0
    else:
        assert main([name, str(saved), str(data), *(["--out", str(out)] if name == "predict" else ["--json"])]) == 0
    return out


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("kind", [*ARRAY_FILES, *TABLE_FILES])
def test_files(kind, name, tmp_path, trained, capsys):
    of_arrays = kind in ARRAY_FILES
    data = {**ARRAY_FILES, **TABLE_FILES}[kind](tmp_path)
    saved = trained["arrays" if of_arrays else "table"]
    if kind.startswith("npy") and name != "predict":
        # One array has no targets.
        assert main([name, *([str(saved)] if name == "evaluate" else []), str(data)]) == 1
        assert "holds one array, but inputs and targets are two" in capsys.readouterr().err
        return
    if kind == "parquet, columns backwards" and name == "train":
        # Another order of the first weights, so another network: its columns are those of the file.
        made = fastnn.load_model(command(name, data, tmp_path / "model.safetensors"))
        assert [column["name"] for column in made.metadata["table"]["features"]] == list(backwards(named(X)))
        return
    expected = (tmp_path / "same").resolve()
    expected.mkdir()
    same = (npz("float32") if of_arrays else text(".csv", ","))(expected)
    results = []
    for number, path in enumerate((data, same)):
        out = command(name, path, tmp_path / f"{number}.{'safetensors' if name == 'train' else 'csv'}", saved)
        told = capsys.readouterr().out
        if name == "evaluate":
            results.append(told)
        else:
            results.append(bits(fastnn.load_model(out)) if name == "train" else out.read_text())
    assert results[0] == results[1]
    assert results[0]
