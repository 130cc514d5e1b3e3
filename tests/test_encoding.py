"""Tests of the one-hot encoding: values, shapes and types that come out, and labels that are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastnn.encoding import to_categorical


@given(st.lists(st.integers(0, 20), max_size=30), st.integers(21, 40))
def test_rows_are_rows_of_the_identity(labels, num_classes):
    one_hot = to_categorical(labels, num_classes)
    np.testing.assert_array_equal(one_hot, np.eye(num_classes)[np.asarray(labels, dtype=int)])
    assert one_hot.shape == (len(labels), num_classes)


def test_number_of_classes_is_the_largest_label_plus_one():
    assert to_categorical([0, 3]).shape == (2, 4)
    assert to_categorical([0]).tolist() == [[1.0]]


@pytest.mark.parametrize(
    "y",
    [
        np.array([1, 0, 2], dtype=np.uint8),
        np.array([1, 0, 2], dtype=np.uint64),
        np.array([1.0, 0.0, 2.0], dtype=np.float16),
        np.array([[1], [0], [2]]),
        np.array([1, 9, 0, 9, 2, 9])[::2],
        (1, 0, 2),
    ],
)
def test_labels_of_every_kind(y):
    assert to_categorical(y).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]


def test_booleans_are_classes_0_and_1():
    assert to_categorical([True, False]).tolist() == [[0, 1], [1, 0]]


def test_scalar_gives_one_vector():
    assert to_categorical(2, 4).tolist() == [0, 0, 1, 0]
    assert to_categorical(np.int64(1)).tolist() == [0, 1]


@pytest.mark.parametrize("empty", [[], np.zeros((0, 1), dtype=int)])
def test_empty_needs_num_classes(empty):
    assert to_categorical(empty, 3).shape == (0, 3)
    with pytest.raises(ValueError, match=r"y is empty.*pass num_classes"):
        to_categorical(empty)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.bool_, "float16"])
def test_dtype(dtype):
    assert to_categorical([0, 1], dtype=dtype).dtype == np.dtype(dtype)
    assert to_categorical([0, 1]).dtype == np.float32


def test_input_is_left_alone():
    y = np.array([1, 0])
    y.flags.writeable = False
    to_categorical(y)[:] = 7
    assert y.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("y", "num_classes", "error", "message"),
    [
        ([0, 3], 3, ValueError, "y holds the label 3, but num_classes is 3; expected labels from 0 to 2"),
        ([0, -1], 3, ValueError, "y holds the label -1"),
        ([0, 0.5], None, ValueError, "y holds 0.5; expected class labels"),
        ([0, np.nan], None, ValueError, "y contains NaN"),
        ([0, np.inf], None, ValueError, "y holds inf"),
        (1e300, None, ValueError, "y holds the label 1000"),
        (np.uint64(2**64 - 1), 3, ValueError, "y holds the label 18446744073709551615"),
        (2.0**63, None, ValueError, "y holds the label 9223372036854775808"),
        (2**62, None, ValueError, "too large to allocate"),
        (2**63 - 1, None, ValueError, "too large to allocate"),
        ([0], 10**30, ValueError, "too large to allocate"),
        (np.array([0, 1], dtype=object), None, TypeError, "y must hold real numbers, but its dtype is object"),
        (np.array([0, 1j]), None, TypeError, "y must hold real numbers, but its dtype is complex128"),
        (["a", "b"], None, TypeError, "y must hold real numbers, but its dtype is <U1"),
        (None, None, TypeError, "y must hold real numbers, but its dtype is object"),
        ([[0, 1], [1]], None, TypeError, "y must be an array of numbers, but its rows differ"),
        ([[0, 1], [1, 0]], None, ValueError, r"y has shape \(2, 2\).*one-hot already"),
        (np.zeros((2, 1, 1), dtype=int), None, ValueError, r"y has shape \(2, 1, 1\)"),
        ([0], 0, ValueError, "num_classes must be at least 1, but it is 0"),
        ([0], 2.0, TypeError, "num_classes must be an integer, but it is 2.0"),
        ([0], True, TypeError, "num_classes must be an integer, but it is True"),
        ([0], np.True_, TypeError, r"num_classes must be an integer, but it is np\.True_"),
        ([0], np.ones(1), TypeError, r"num_classes must be an integer, but it is array\(\[1"),
    ],
)
def test_refusals(y, num_classes, error, message):
    with pytest.raises(error, match=message):
        to_categorical(y, num_classes)


@pytest.mark.parametrize("dtype", [object, complex, "U1", "datetime64[s]"])
def test_dtype_that_is_no_real_number_is_refused(dtype):
    with pytest.raises(TypeError, match="dtype is"):
        to_categorical([0, 1], dtype=dtype)
