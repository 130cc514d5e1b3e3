"""What the tests of the data sets share: real pictures written in every form that a folder may hold."""

import gzip
import struct
import tracemalloc

import numpy as np
import pytest

from fastnn.datasets import load_mnist_sample
from fastnn.datasets.arrays import NAMES
from fastnn.datasets.mnist import FILES


def idx_bytes(array):
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def peak_memory(function):
    """The bytes that Python and NumPy held at most while `function` ran, whether it returned or raised ValueError."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"is not a sound"):
            function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="session")
def few():
    """The first 50 training and 30 test pictures, by the names that Keras gives the arrays."""
    (x_train, y_train), (x_test, y_test) = load_mnist_sample()
    return dict(zip(NAMES, (x_train[:50], y_train[:50], x_test[:30], y_test[:30]), strict=True))


@pytest.fixture
def make_folder(tmp_path, few):
    """A function that writes `few`, or other arrays, into a folder and returns it."""

    def make(form, arrays=None, dotted=False):
        arrays = few if arrays is None else arrays
        if form == "npz":
            np.savez(tmp_path / "mnist.npz", **arrays)
            return tmp_path
        for name, array in arrays.items():
            file = FILES[name].replace("-idx", ".idx") if dotted else FILES[name]
            content = idx_bytes(array)
            if form == "gz":
                (tmp_path / f"{file}.gz").write_bytes(gzip.compress(content))
            else:
                (tmp_path / file).write_bytes(content)
        return tmp_path

    return make
