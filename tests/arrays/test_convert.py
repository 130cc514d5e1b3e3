"""Where all data come in: arrays and lists, what calls itself an array, and no library imported to look."""

import array
import collections
import itertools
import subprocess
import sys

import numpy as np
import pytest

from fastnn.arrays.convert import to_array
from fastnn_ext.engine.compressed import CompressedRows


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.uint8, np.int64, np.bool_, ">f4"])
def test_arrays_of_numbers_are_themselves(dtype):
    x = np.ones((3, 2), dtype)[::2]
    assert to_array(x, "x") is x


def test_compressed_rows_are_themselves():
    rows = CompressedRows(np.ones(1), np.array([0]), np.array([0, 1]), 2)
    assert to_array(rows, "x") is rows


class Measurements:
    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return self.values


def test_what_calls_itself_an_array_is_not_copied():
    values = np.ones((3, 2))
    assert np.shares_memory(to_array(Measurements(values), "x"), values)
    buffer = array.array("f", [1, 2])
    assert np.shares_memory(to_array(buffer, "x"), np.asarray(buffer))


def test_lists_and_scalars():
    assert to_array([[1, 2], [3, 4]], "x").tolist() == [[1, 2], [3, 4]]
    assert to_array(((1.5,),), "x").tolist() == [[1.5]]
    assert to_array(3.0, "x").shape == ()


@pytest.mark.parametrize("value", [["a"], [1j], [None], Measurements(np.array(["a"]))])
def test_what_holds_no_real_numbers(value):
    with pytest.raises(TypeError, match="the targets must hold real numbers, but its dtype is"):
        to_array(value, "the targets")


class Endless:
    """Has items for ever, through all of which NumPy would go."""

    def __len__(self):
        return 2

    def __getitem__(self, number):
        return [1.0, 2.0]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": 1}, "it is a dict"),
        ({1.0, 2.0}, "it is a set"),
        (iter([1.0]), "it is a list_iterator"),
        ((number for number in [1.0]), "it is a generator"),
        (Endless(), "it is a Endless"),
        (itertools.count(), "it is a count"),
        (map(float, [1]), "it is a map"),
        (lambda: [1.0], "it is a function, which must be called first"),
        (np.zeros, "it is a builtin_function_or_method, which must be called first"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_becomes_no_array_is_never_gone_through(value, words):
    with pytest.raises(TypeError, match=f"x must be an array of numbers or what becomes one, .*, but {words}"):
        to_array(value, "x")


def test_sequences_become_arrays():
    for value in (range(1, 3), collections.deque([1, 2]), collections.UserList([1, 2]), array.array("i", [1, 2])):
        assert to_array(value, "x").tolist() == [1, 2]


def test_rows_of_different_lengths():
    with pytest.raises(TypeError, match="x must be an array of numbers, but its rows differ in length"):
        to_array([[1], [2, 3]], "x")


def test_no_library_is_imported_to_look():
    code = """if True:
        import sys
        from fastnn import Sequential
        from fastnn.layers import Dense
        model = Sequential([Dense(1)], seed=0)
        model.compile(loss="mse")
        model.fit([[1.0], [2.0]], [1, 2], sample_weight=(1, 2))
        print({"pandas", "polars", "pyarrow", "scipy", "torch", "tensorflow", "jax", "numpy.ma"} & set(sys.modules))
    """
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
