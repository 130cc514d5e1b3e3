"""Every function that loads: bad paths and bad files get an OSError, ValueError or TypeError with a sentence.

Bad files down, functions across. None hangs, takes gigabytes, or changes a model.
"""

import gzip
import io
import os
import pathlib
import signal
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from model_files import bits

import fastnn
from fastnn import interop
from fastnn.datasets.arrays import read_npz
from fastnn.datasets.idx import read_idx
from fastnn.layers import Dense, Input
from fastnn.models import Sequential
from fastnn.notebook.files import load_metadata

h5py = pytest.importorskip("h5py")

MODEL = Sequential([Input((3,)), Dense(2)], seed=0)
# Of each: the function of a path, and the ending of the files that it reads.
LOADERS = {
    "load_model": (fastnn.load_model, "safetensors"),
    "load_network": (fastnn.load_network, "npz"),
    "load_metadata": (load_metadata, "npz"),
    "load_weights": (MODEL.load_weights, "safetensors"),
    "load_weights of an npz": (MODEL.load_weights, "npz"),
    "from_keras": (interop.from_keras, "keras"),
    "load_keras_weights": (lambda path: interop.load_keras_weights(MODEL, path), "keras"),
    "load_keras_weights of Keras 3": (lambda path: interop.load_keras_weights(MODEL, path), "weights.h5"),
    "load_keras_weights of Keras 2": (lambda path: interop.load_keras_weights(MODEL, path), "h5"),
    "load_torch_weights": (lambda path: interop.load_torch_weights(MODEL, path), "safetensors"),
    "load_mnist": (fastnn.datasets.load_mnist, "npz"),
    "read_npz of MNIST": (read_npz, "npz"),
    "read_idx": (read_idx, "idx"),
    "read_idx of gzip": (read_idx, "gz"),
}


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_npy", ".npy").replace("_json", ".json"), content)
    return file.getvalue()


def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def hdf5(**arrays):
    file = io.BytesIO()
    with h5py.File(file, "w") as opened:
        for name, array in arrays.items():
            opened[name] = array
    return file.getvalue()


def zeros(size):
    return bytes(size)


# What grows becomes more than may be taken of any file.
CONTENTS = {
    "empty": b"",
    "one byte": b"\x00",
    "garbage": bytes(range(256)) * 50,
    "a text": b"a,b\n" * 1000,
    "nothing but zeros": bytes(5000),
    "an empty archive": zipped(),
    "an archive of texts": zipped(header="x", config_json="x", x_train="x"),
    "an archive of other JSON": zipped(config_json="[]", header_npy="[]"),
    "deep JSON": zipped(config_json="[" * 100_000),
    "a cut archive": npz(header=np.array("{}"), x=np.ones(100))[:-40],
    "objects": npz(**{"header": np.array([print], object), "dense.kernel": np.array([print], object)}),
    "zeros that grow": lambda: npz(
        header=np.zeros(13_000_000, "f8"),
        x_train=np.zeros((130_000, 28, 28), "u1"),
        **{"dense.kernel": np.zeros(13_000_000)},
    ),
    "texts that grow": lambda: zipped(header_npy=zeros(100 << 20), config_json=b" " * (100 << 20)),
    "weights that grow": lambda: zipped(config_json="{}", **{"model.weights.h5": zeros(100 << 20)}),
    "an empty HDF5": hdf5(),
    "another HDF5": hdf5(**{"layers/dense/vars/0": np.ones(3), "layers/dense/vars/1": np.ones((2, 2, 2))}),
    "a cut HDF5": hdf5(**{"layers/dense/vars/0": np.ones((3, 2)), "layers/dense/vars/1": np.ones(2)})[:-200],
    "tensors of a terabyte": struct.pack("<Q", 80)
    + b'{"a":{"dtype":"F32","shape":[250000000000],"data_offsets":[0,1000000000000]}}'.ljust(80),
    "a header of a terabyte": struct.pack("<Q", 1 << 40) + b"{}",
    "gzip that grows": lambda: gzip.compress(bytes([0, 0, 8, 1]) + struct.pack(">I", 100 << 20) + zeros(100 << 20)),
    "an IDX of a terabyte": bytes([0, 0, 8, 3]) + struct.pack(">3I", 10**4, 10**4, 10**4),
    "an IDX of floats": bytes([0, 0, 13, 1]) + struct.pack(">I", 3) + bytes(12),
}
PLACES = {"a folder": os.mkdir, "a pipe": os.mkfifo, "nothing": lambda path: None,
          "a link to itself": lambda path: os.symlink(path, path)}  # fmt: skip
NO_PATHS = {"None": None, "a number": 3, "a model": MODEL, "a list": ["a"], "an array": np.ones(3), "empty": "",
            "a null byte": "a\0.{}", "bytes that are no path": b"\xff\0", "a long name": "a" * 300 + ".{}"}  # fmt: skip


class Hanging(BaseException):
    """Nobody catches it by mistake."""


@pytest.fixture(autouse=True)
def no_hanging(monkeypatch):
    def ring(*_):
        raise Hanging("it waits for ever")

    # Whoever passes no path to MNIST means the cache.
    monkeypatch.setenv("FASTNN_DATA", "/nowhere/at/all")
    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def refusal(load, path):
    """What a loader says; the model is what it was."""
    before = bits(MODEL.get_weights())
    tracemalloc.start()
    try:
        with pytest.raises((OSError, ValueError, TypeError)) as raised:
            load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Python's objects of the file, and no more than what any file may become.
    assert peak < 80 << 20, f"{peak >> 20} MB"
    assert bits(MODEL.get_weights()) == before
    text = str(raised.value)
    assert len(text.split()) >= 3, text
    assert " -> None" not in text
    return text


@pytest.mark.parametrize("content", CONTENTS)
def test_files_that_are_none(tmp_path, content):
    written = CONTENTS[content]() if callable(CONTENTS[content]) else CONTENTS[content]
    for name, (load, ending) in LOADERS.items():
        path = tmp_path / f"file.{ending}"
        path.write_bytes(written)
        for given in (path, str(path)):
            assert path.name in refusal(load, given), name


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("place", PLACES)
def test_places_that_are_no_files(tmp_path, name, place):
    load, ending = LOADERS[name]
    path = tmp_path / f"place.{ending}"
    PLACES[place](path)
    assert path.name in refusal(load, path)


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("given", NO_PATHS)
def test_what_is_no_path(name, given):
    load, ending = LOADERS[name]
    path = NO_PATHS[given]
    refusal(load, path.format(ending) if isinstance(path, str) else path)


def test_a_network_of_any_compression_is_read(tmp_path):
    network = [fastnn.FCLayer(300, 300, rng=np.random.default_rng(0))]
    network[0].weights = np.zeros((300, 300))
    fastnn.save_network(tmp_path / "a.npz", network, {"text": "a" * 100_000})
    with np.load(tmp_path / "a.npz") as file:
        np.savez_compressed(tmp_path / "b.npz", **file)
    assert (tmp_path / "b.npz").stat().st_size * 100 < 300 * 300 * 4, "a file of use may shrink so far"
    [layer] = fastnn.load_network(tmp_path / "b.npz")
    assert bits([layer.weights, layer.bias]) == bits([network[0].weights, network[0].bias])
    assert load_metadata(pathlib.Path(tmp_path / "b.npz")) == {"text": "a" * 100_000}
