"""Whole scripts of every time, run in Keras and here: with the same first weights they come to the same numbers."""

import json
import pathlib
import re
import shutil

import numpy as np
import pytest
from keras_scripts import with_our_imports

import fastnn.keras
from fastnn.datasets import load_mnist_sample
from fastnn.keras.session import SESSION

SCRIPTS = pathlib.Path(__file__).parent / "scripts" / "compared"
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")

# What Keras 3 takes in place of what it took before.
MODERN = {
    r"^import tensorflow as tf$": "import keras",
    r"^from tensorflow import keras$": "import keras",
    r"^from tensorflow\.keras\b": "from keras",
    r"\btf\.keras\b": "keras",
    r"\btf\.nn\b": "keras.activations",
    r"\btf\.(square|abs|where)\b": r"keras.ops.\1",
    # Its backend has the functions of arrays over TensorFlow alone.
    r"\bK\.epsilon\(\)": "1e-7",
    r"\bK\.flatten\((\w+)\)": r'__import__("keras").ops.reshape(\1, (-1,))',
    r"\bK\.pow\b": '__import__("keras").ops.power',
    r"\bK\.(mean|sum|square|sqrt|maximum|clip|log|equal|cast|binary_crossentropy)\b": r'__import__("keras").ops.\1',
    r"^from keras\.layers\.\w+ import": "from keras.layers import",
    r"^from keras\.preprocessing\.text import": "from keras.src.legacy.preprocessing.text import",
    r"^from keras\.utils import np_utils$": "from keras import utils as np_utils",
    r"^from keras\.utils\.np_utils import": "from keras.utils import",
    r"^from keras\.constraints import maxnorm$": "from keras.constraints import MaxNorm as maxnorm",
    r"\bnb_epoch=": "epochs=",
    r"\boutput_dim=": "units=",
    r"\binit=\"(uniform|normal)\"": r'kernel_initializer="random_\1"',
    r"\binit=": "kernel_initializer=",
    r"\bModel\(input=(.*), output=": r"Model(inputs=\1, outputs=",
    r"^model\.add\(Embedding\((.*), input_length=(\d+)\)\)$": (
        r'model.add(__import__("keras").Input((\2,))); model.add(Embedding(\1))'
    ),
    r", \[\"accuracy\"\]\)": ', metrics=["accuracy"])',
    r"\blr=": "learning_rate=",
    r"\balpha=": "negative_slope=",
    r"\"dnn_model\"\)$": '"dnn_model.keras")',
    r"\.fit_generator\(": ".fit(",
    r"\.predict_proba\(": ".predict(",
    r"\.predict_classes\((\w+), batch_size=32\)": r".predict(\1).argmax(axis=-1)",
    # Names that evaluate returns, in which Keras 3 has others.
    r"^    print\(name, \": \", value\)$": "    pass",
    # A method of its callbacks keeps no logs of one's own default.
    r"logs=\{\}": "logs=None",
}
# How far float32 goes apart in some dozen steps of a few units; where a rule amplifies roundings, farther.
TOLERANCES = {"default": 2e-3}


def with_same_weights(text):
    """The script with first weights that are the same wherever arrays come in the same order."""
    return re.sub(r"^( *)# same weights: (\w+)$", r"\1_same_weights(\2)", text, flags=re.MULTILINE)


def _same_weights(model):
    assert model.get_weights(), "a model that is not built has no weights"
    rng = np.random.default_rng(5)
    found = []
    for array in model.get_weights():
        if not array.ndim:
            # How many samples Keras has adapted a normalisation to.
            found.append(array)
            continue
        numbers = rng.normal(size=array.shape)
        # Biases, gammas, betas and statistics begin as they are.
        found.append(numbers / np.sqrt(len(numbers)) if array.ndim == 2 else array)
    model.set_weights(found)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Small files of the data sets in a cache of the test's own; what it gives leads Keras to them."""
    folder = tmp_path / "cache"
    for name in ("mnist", "imdb", "reuters"):
        (folder / name).mkdir(parents=True)
    (x, y), (x_test, y_test) = load_mnist_sample()
    np.savez(folder / "mnist" / "mnist.npz", x_train=x, y_train=y, x_test=x_test[:500], y_test=y_test[:500])
    rng = np.random.default_rng(0)

    def texts(count):
        row = np.empty(count, dtype=object)
        row[:] = [rng.integers(1, 250, size=rng.integers(4, 40)).tolist() for _ in range(count)]
        return row

    reviews = {
        "x_train": texts(40),
        "y_train": rng.integers(0, 2, 40),
        "x_test": texts(20),
        "y_test": rng.integers(0, 2, 20),
    }
    np.savez(folder / "imdb" / "imdb.npz", **reviews)
    np.savez(folder / "reuters" / "reuters.npz", x=texts(60), y=rng.integers(0, 46, 60))
    for name in ("imdb", "reuters"):
        words = {f"word{number}": number for number in range(1, 251)}
        (folder / name / f"{name}_word_index.json").write_text(json.dumps(words))
    monkeypatch.setenv("FASTNN_CACHE", str(folder))
    monkeypatch.delenv("FASTNN_DATA", raising=False)

    def without_download(module):
        for name in ("mnist", "imdb", "reuters"):
            found = getattr(module.src.datasets, name)
            place = folder / name

            def get_file(fname, *args, place=place, **options):
                return str(place / fname)

            monkeypatch.setattr(found, "get_file", get_file)

    return without_download


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function that runs a script in an empty folder, and returns its names."""
    state = np.random.get_state()  # noqa: NPY002 - scripts seed it

    def run_script(text, name):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        space = {"__name__": "__main__", "_same_weights": _same_weights}
        exec(compile(with_same_weights(text), name, "exec"), space)
        return space

    yield run_script
    np.random.set_state(state)  # noqa: NPY002
    SESSION.__init__()
    shutil.rmtree(tmp_path)


def changed(text, changes):
    for old, new in changes.items():
        text = re.sub(old, new, text, flags=re.MULTILINE)
    return text


def assert_alike(found, expected, tolerance):
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        found, expected = list(found.values()), list(expected.values())
    if isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_alike(one, other, tolerance)
    elif isinstance(expected, str):
        assert found == expected
    else:
        np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_in_keras_and_here(name, run, data, keras):
    pytest.importorskip("h5py")
    data(keras)
    text = (SCRIPTS / f"{name}.py").read_text("utf-8")
    fastnn.keras.translating.tell.cache_clear()
    found, expected = run(with_our_imports(text), "ours"), run(changed(text, MODERN), "theirs")
    compared = re.search(r"^# compared: (.*)$", text, re.MULTILINE)[1].split(", ")
    for variable in compared:
        assert_alike(found[variable], expected[variable], TOLERANCES.get(name, TOLERANCES["default"]))


def test_there_are_scripts_of_every_time():
    assert len(NAMES) >= 30
    assert {name.partition("_")[0] for name in NAMES} == {"k1", "k2", "tf", "k3"}
