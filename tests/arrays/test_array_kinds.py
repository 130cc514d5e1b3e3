"""Kinds of NumPy arrays: masked, matrices, structured, memory-mapped, and of dtypes that another package adds."""

import numpy as np
import pytest

from fastnn import Sequential
from fastnn.arrays.convert import to_array
from fastnn.layers import Dense


def test_nothing_masked_is_an_array_in_the_same_memory(learned, numbers):
    x, y = numbers
    for masked in (np.ma.array(x), np.ma.array(x, mask=np.zeros(x.shape, bool))):
        array = to_array(masked, "x")
        assert type(array) is np.ndarray
        assert np.shares_memory(array, x)
        assert learned(masked, y) == learned(x, y)


def test_masked_values_are_refused_by_number_and_place(numbers):
    x, y = numbers
    masked = np.ma.array(x, mask=np.zeros(x.shape, bool))
    masked[17, 3] = np.ma.masked
    model = Sequential([Dense(1)], seed=0)
    model.compile(loss="mse")
    with pytest.raises(ValueError, match=r"x has 1 masked value, the first at x\[17, 3\]: fill it in"):
        model.fit(masked, y)
    masked[20] = np.ma.masked
    with pytest.raises(ValueError, match=r"x has 6 masked values, the first at x\[17, 3\]: fill them in, for example"):
        model.train_on_batch(masked, y)
    with pytest.raises(ValueError, match=r"y has 1 masked value, the first at y\[2\]"):
        to_array(np.ma.array([1, 2, 3], mask=[0, 0, 1]), "y")


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_a_matrix_is_an_array_in_the_same_memory(learned, numbers):
    x, y = numbers
    array = to_array(np.asmatrix(x), "x")
    assert type(array) is np.ndarray
    assert np.shares_memory(array, x)
    assert learned(np.asmatrix(x), np.asmatrix(y)) == learned(x, y)


def test_a_mapped_file(tmp_path, learned, numbers):
    x, y = numbers
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert np.shares_memory(to_array(mapped, "x"), mapped)
    assert learned(mapped, y) == learned(x, y)


@pytest.mark.parametrize("make", [np.asarray, lambda array: array.view(np.recarray), np.ma.array])
def test_a_structured_array_is_refused_by_its_fields(make):
    people = make(np.zeros(3, [("age", float), ("height", float)]))
    with pytest.raises(TypeError, match="structured array with the fields age, height: pass numpy"):
        to_array(people, "x")


def test_other_dtypes_are_refused():
    for dtype in ("U3", object, complex, "M8[s]", "V4"):
        with pytest.raises(TypeError, match="x must hold real numbers, but its dtype is"):
            to_array(np.zeros(3, dtype), "x")


def test_numbers_of_dtypes_that_numpy_lacks(learned, numbers):
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    x, y = numbers
    x = x.astype(bfloat16)
    assert to_array(x, "x").dtype == np.float32
    assert learned(x, y) == learned(x.astype(np.float32), y)
