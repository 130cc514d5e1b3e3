"""Kinds of NumPy arrays: masked, matrices, structured, memory-mapped, and of dtypes that another package adds."""

import numpy as np
import pytest

from fastnn import Model, Sequential
from fastnn.activations import gelu
from fastnn.arrays.convert import to_array
from fastnn.layers import Dense, Input, IntegerLookup, StringLookup
from fastnn.losses import MeanSquaredError
from fastnn.metrics import MeanAbsoluteError
from fastnn.notebook.layers.fc import FCLayer


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


def ways_of_reading():
    """What reads an array without training by it, from the array that it is to be given."""
    x = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    model = Sequential([Input((4,)), Dense(1, name="last")], seed=0)
    model.compile("sgd", "mse")
    gradients = model.gradients(x, x[:, :1]).parameters
    lookup = IntegerLookup(vocabulary=[1, 2])

    def initialized(array):
        return Sequential([Input((6,)), Dense(4, kernel_initializer=lambda shape, rng: array)])

    return {
        "predict": (model.predict, x),
        "predict of several": (Model(a := Input((4,)), [Dense(1)(a), Dense(2)(a)]).predict, x),
        "gradients": (lambda array: model.gradients(array, x[:, :1]), x),
        "apply_gradients": (model.apply_gradients, gradients),
        "backward": (lambda array: model.backward(x, array), x[:, :1]),
        "an activation": (gelu, x),
        "a loss": (lambda array: MeanSquaredError()(x, array), x),
        "a metric": (lambda array: MeanAbsoluteError()(array, x), x),
        "numbers to look up": (lookup, np.array([1, 2, 3])),
        "strings to look up": (StringLookup(vocabulary=["a"]), np.array(["a", "b"])),
        "a vocabulary": (lambda array: lookup.adapt(array), np.array([1, 2, 3])),
        "an initializer": (initialized, x),
        "a layer": (FCLayer(4, 2).forward, x),
        "assigned": (model.layers[0].kernel.assign, x[:4, :1]),
    }


@pytest.mark.parametrize("way", ways_of_reading())
def test_masked_values_are_read_by_nobody(way):
    read, array = ways_of_reading()[way]
    read(np.ma.array(array))
    masked = np.ma.array(array, mask=np.zeros(array.shape, bool))
    masked[1] = np.ma.masked
    with pytest.raises(ValueError, match=r"has \d+ masked value"):
        read(masked)


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
