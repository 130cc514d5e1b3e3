"""Files of Keras models and weights: what is read, and files that nobody should trust; few need Keras."""

import io
import json
import re
import sys
import zipfile

import numpy as np
import pytest

from fastnn import layers
from fastnn.interop import from_keras, load_keras_weights
from fastnn.models import Sequential

h5py = pytest.importorskip("h5py")

# Keras' own, of NumPy's new arguments.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


DENSE = {"name": "last", "units": 2, "activation": "relu", "use_bias": True}


def content(**changes):
    """A configuration as Keras writes it, of one dense layer."""
    parts = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 3], "name": "input"}},
        {"class_name": "Dense", "config": DENSE | changes},
    ]
    return {"class_name": "Sequential", "config": {"name": "small", "layers": parts}}


def weights(arrays=None):
    """The bytes of a file of weights."""
    file = io.BytesIO()
    with h5py.File(file, "w") as opened:
        for path, array in (arrays or {"0": np.ones((3, 2)), "1": np.ones(2)}).items():
            opened[f"layers/dense/vars/{path}"] = array
    return file.getvalue()


@pytest.fixture
def written(tmp_path):
    """A function that writes a .keras file."""

    def write(config=None, stored=None, compression=zipfile.ZIP_STORED):
        path = tmp_path / "model.keras"
        with zipfile.ZipFile(path, "w", compression) as archive:
            archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config or content()))
            if stored != b"":
                archive.writestr("model.weights.h5", stored or weights())
        return path

    return write


@pytest.mark.parametrize("changes", [{"activation": "hard_sigmoid"}, {"activation": "HARD_SIGMOID"}])
def test_hard_sigmoid_of_keras_2_is_another_function(written, changes):
    path = written(content(**changes))
    for version, known in (("3.15.0", True), ("2.15.0", False)):
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        if known:
            # 3 + 1 is above 3, the kink of Keras 3's.
            np.testing.assert_array_equal(from_keras(path).predict([[1, 1, 1]]), [[1, 1]])
            path = written(content(**changes))
        else:
            refused(path, "'last': hard_sigmoid of Keras 2 is .*, but fastnn has that of Keras 3")
    own = (np.square, np.sign)
    if changes["activation"] == "hard_sigmoid":
        ours = from_keras(path, custom_objects={"hard_sigmoid": own})
        np.testing.assert_array_equal(ours.predict([[1, 1, 1]]), [[16, 16]])


def refused(path, message):
    with pytest.raises(ValueError, match=re.escape(repr(str(path))) + ".*" + message):
        from_keras(path)


def test_a_plain_file(written):
    np.testing.assert_array_equal(from_keras(written()).predict([[1, 2, 3]]), [[7, 7]])
    np.testing.assert_array_equal(from_keras(written(compression=zipfile.ZIP_DEFLATED)).predict([[1, 2, 3]]), [[7, 7]])


def test_without_h5py(written, monkeypatch):
    path = written()
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match="pip install 'h5py"):
        from_keras(path)


def test_paths(tmp_path, written):
    with pytest.raises(FileNotFoundError, match="nothing"):
        from_keras(tmp_path / "nothing.keras")
    with pytest.raises(IsADirectoryError):
        from_keras(tmp_path)
    (tmp_path / "text.keras").write_text("words")
    refused(tmp_path / "text.keras", "not a zip file")
    refused(written(stored=b""), "it lacks .*model.weights.h5")
    refused(written("{"), "cannot be loaded")
    refused(written("[1]"), "cannot be loaded")
    refused(written("[" * 100_000), "cannot be loaded")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"units": 10**12}, r"must have shape \(3, 1000000000000\), but the file's has \(3, 2\)"),
        ({"units": 10**30}, r"must have shape \(3, 1000"),
        ({"units": -1}, "units must be at least 1"),
        ({"units": "many"}, "units must be an integer"),
        ({"use_bias": "yes"}, "use_bias must be true or false"),
        ({"name": 3}, "names are strings"),
        ({"name": ""}, "names are strings"),
        ({"activation": {"class_name": "Dense", "config": DENSE}}, "its activation is a Dense"),
        ({"activation": ["relu"]}, "fastnn takes names and layers of activations"),
        ({"activation": {"value": ["4wEA"]}}, "fastnn takes names and layers of activations"),
        ({"kernel_regularizer": {"class_name": "L2", "config": {"l2": "x"}}}, "l2 must be a finite number"),
        ({"kernel_regularizer": "l2"}, "last"),
        ({"lora_rank": 4}, "it has lora_rank=4"),
        ({"dtype": {"class_name": "DTypePolicy", "config": {"name": "int8_from_float32"}}}, "its dtype is"),
    ],
)
def test_configurations_nobody_should_write(written, changes, message):
    refused(written(content(**changes)), message)


def test_absurd_inputs(written):
    config = content()
    for size in (10**12, 10**30):
        config["config"]["layers"][0]["config"]["batch_shape"] = [None, size]
        refused(written(config), "larger than any memory|must have shape")
    config["config"]["layers"][0]["config"]["batch_shape"] = [None, 3]
    config["config"]["layers"] += [{"class_name": "Flatten", "config": {"name": "many"}}] * 10_000
    refused(written(config), "more than 10000 layers")
    del config["config"]["layers"][1]["config"]
    refused(written(config), "it lacks 'config'")


def test_weights_that_do_not_fit(written):
    kernel, bias = np.ones((3, 2)), np.ones(2)
    for arrays, message in [
        ({"0": kernel}, r"it lacks the bias of last \('layers/dense/vars/1'\)"),
        ({"0": kernel.T, "1": bias}, r"must have shape \(3, 2\), but the file's has \(2, 3\)"),
        ({"0": kernel, "1": bias, "2": bias}, "arrays for which the model has no place: layers/dense/vars/2"),
        ({"0": kernel, "1": ["a", "b"]}, "must hold real numbers"),
        ({"0": kernel, "1": bias * 1j}, "must hold real numbers"),
        ({"0": kernel, "1": bias * np.nan}, "must hold finite numbers"),
        ({"0": kernel, "1": bias * 1e300}, "too large for float32"),
        ({"0/deeper": kernel, "1": bias}, "is no dataset"),
    ]:
        refused(written(stored=weights(arrays)), message)


def test_arrays_that_are_not_in_the_file(written, tmp_path):
    (tmp_path / "secret").write_bytes(np.ones(2).tobytes())
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["bias"] = np.ones(2)

    def with_bias(add):
        file = io.BytesIO()
        with h5py.File(file, "w") as opened:
            opened["layers/dense/vars/0"] = np.ones((3, 2))
            add(opened["layers/dense/vars"])
        return written(stored=file.getvalue())

    def external_file(group):
        group.create_dataset("1", (2,), "f8", external=[(str(tmp_path / "secret"), 0, 16)])

    def virtual(group):
        layout = h5py.VirtualLayout((2,), "f8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "bias", (2,))
        group.create_virtual_dataset("1", layout)

    refused(with_bias(external_file), "elsewhere")
    refused(with_bias(virtual), "elsewhere")
    refused(with_bias(lambda group: group.create_dataset("1", (2,), "f8")), "elsewhere")
    refused(with_bias(lambda group: group.__setitem__("1", h5py.SoftLink("/layers/dense/vars/0"))), "a link in place")
    link = h5py.ExternalLink(str(tmp_path / "other.h5"), "bias")
    refused(with_bias(lambda group: group.__setitem__("1", link)), "a link in place")


def test_files_that_would_grow(written):
    # Beyond the 64 MB that any file may become.
    def stored(**options):
        file = io.BytesIO()
        with h5py.File(file, "w") as opened:
            opened.create_dataset("layers/dense/vars/0", (1000, 10_000), data=np.zeros((1000, 10_000)), **options)
            opened["layers/dense/vars/1"] = np.zeros(10_000)
        return file.getvalue()

    config = content(units=10_000)
    config["config"]["layers"][0]["config"]["batch_shape"] = [None, 1000]
    refused(written(config, stored(compression="gzip")), "is compressed")
    refused(written(config, stored(), zipfile.ZIP_DEFLATED), "would grow from")
    refused(written(config, stored(), zipfile.ZIP_LZMA), "compressed in a way that Keras does not use")
    # A thousand layers whose arrays are one.
    file = io.BytesIO()
    with h5py.File(file, "w") as opened:
        opened["layers/dense/vars/0"] = np.zeros((100, 100))
        for number in range(1, 1000):
            opened[f"layers/dense_{number}/vars/0"] = opened["layers/dense/vars/0"]
    entry = content(units=100, use_bias=False)["config"]["layers"][1]
    config["config"]["layers"] = [{"class_name": "InputLayer", "config": {"batch_shape": [1, 100]}}, *[entry] * 1000]
    refused(written(config, file.getvalue()), "its arrays take 80000000 bytes, but it has")


def test_damaged_files(written):
    """Each byte that is changed leaves a model or a ValueError, and so does every file that is cut short."""
    path = written()
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    refusals = []
    for number in range(600):
        damaged = bytearray(whole)
        if number % 2:
            damaged = damaged[: rng.integers(len(whole))]
        else:
            # In the content, not under the archive's checksum of it.
            stored = bytearray(weights())
            for place in rng.integers(len(stored), size=3):
                stored[place] = rng.integers(256)
            damaged = bytearray(written(stored=bytes(stored)).read_bytes())
            for place in rng.integers(len(damaged), size=number % 3):
                damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            model = from_keras(path)
        except ValueError as error:
            refusals.append(str(error))
        else:
            assert all(np.isfinite(array).all() for array in model.get_weights()), f"damage {number}"
    assert len(refusals) > 400
    assert all("model.keras" in refusal for refusal in refusals)


# Weights alone.


def small_model(**options):
    return Sequential([layers.Input((3,)), layers.Dense(2, "relu", name="last")], **options)


def test_weights_of_another_model(tmp_path, written):
    path = tmp_path / "small.weights.h5"
    path.write_bytes(weights())
    model = small_model()
    load_keras_weights(model, path)
    before = model.get_weights()
    np.testing.assert_array_equal(before[0], np.ones((3, 2)))
    for arrays, message in [
        ({"0": np.zeros((3, 2))}, "it lacks the bias of last"),
        ({"0": np.zeros((3, 2)), "1": [np.inf, 0]}, "must hold finite numbers"),
        ({"0": np.zeros((3, 2)), "1": [0, 1e300]}, "too large for float32"),
        ({"0": np.zeros((3, 2)), "1": np.zeros(2), "2": np.zeros(2)}, "no place"),
    ]:
        path.write_bytes(weights(arrays))
        with pytest.raises(ValueError, match=f"small.weights.h5' cannot be loaded: .*{message}"):
            load_keras_weights(model, path)
        np.testing.assert_array_equal(model.get_weights()[0], before[0])
    path.write_bytes(weights()[:1000])
    with pytest.raises(ValueError, match=r"small\.weights\.h5' cannot be loaded"):
        load_keras_weights(model, path)
    with pytest.raises(FileNotFoundError):
        load_keras_weights(model, tmp_path / "nothing.weights.h5")
    wider = Sequential([layers.Input((3,)), layers.Dense(2), layers.BatchNormalization()])
    with pytest.raises(ValueError, match="its layers with weights are Dense, but the model's are Dense, BatchNorm"):
        load_keras_weights(wider, written())


def test_a_model_within_a_model_needs_the_keras_file(keras, tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.Sequential([keras.layers.Dense(2)]), keras.layers.Dense(2)])
    model.save_weights(tmp_path / "model.weights.h5")
    model.save(tmp_path / "model.keras")
    ours = Sequential([layers.Input((3,)), layers.Dense(2), layers.Dense(2)])
    with pytest.raises(ValueError, match="arrays for which the model has no place: layers/sequential/"):
        load_keras_weights(ours, tmp_path / "model.weights.h5")
    load_keras_weights(ours, tmp_path / "model.keras")
    np.testing.assert_array_equal(ours.get_weights()[2], model.get_weights()[2])


def test_an_hdf5_file_of_a_whole_model(tmp_path, keras):
    path = tmp_path / "model.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(ValueError, match=r"model\.h5' cannot be loaded"):
        from_keras(path)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "tanh"), keras.layers.BatchNormalization()])
    model.save_weights(tmp_path / "model.weights.h5")
    with pytest.raises(ValueError, match="it holds weights alone: make the same layers here and call load_keras_wei"):
        from_keras(tmp_path / "model.weights.h5")
    model.save(path)
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    # A sum of three products in float32.
    np.testing.assert_allclose(from_keras(path).predict(x), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
    whole, refusals = path.read_bytes(), []
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(len(damaged), size=20):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged[: rng.integers(len(whole))] if rng.random() < 0.3 else damaged)
        try:
            found = from_keras(path)
        except ValueError as error:
            refusals.append(str(error))
        else:
            assert all(np.isfinite(array).all() for array in found.get_weights())
    assert len(refusals) > 20
    assert all("model.h5" in refusal for refusal in refusals)
