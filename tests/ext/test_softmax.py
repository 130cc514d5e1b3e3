"""Softmax and its gradient: special values, finite differences, properties."""

import numpy as np
import pytest
from binding_table import numerical_gradient, said_by
from hypothesis import given, settings
from hypothesis import strategies as st

from fastnn_ext.bindings.softmax import log_softmax, log_softmax_gradient, softmax, softmax_gradient

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    rows=st.integers(0, 20),
    classes=st.integers(1, 200),
    scale=st.sampled_from([0.0, 1.0, 1e4, 1e30]),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 2**32 - 1),
)
def test_rows_are_probabilities(rows, classes, scale, dtype, seed):
    logits = (scale * np.random.default_rng(seed).normal(size=(rows, classes))).astype(dtype)
    probabilities = softmax(logits)
    assert np.all((probabilities >= 0) & (probabilities <= 1))
    # The sum of `classes` rounded terms, each divided by a sum of as many.
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=(2 * classes + 4) * np.finfo(dtype).eps)


@both_dtypes
def test_adding_a_constant_to_a_row_changes_no_bit(dtype):
    # Integers, so that the shift itself is exact.
    logits = np.random.default_rng(0).integers(-9, 9, size=(7, 10)).astype(dtype)
    assert np.array_equal(softmax(logits), softmax(logits + dtype(64)))


@both_dtypes
def test_large_logits_give_a_certain_class(dtype):
    assert np.array_equal(softmax(np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4]], dtype=dtype))[0], [1, 0, 0])
    assert np.array_equal(softmax(np.array([-1e4, -1e4], dtype=dtype)), [0.5, 0.5])
    assert np.array_equal(softmax(np.array([0.0, -np.inf], dtype=dtype)), [1, 0])


@both_dtypes
@pytest.mark.parametrize("row", [[0, np.inf], [np.inf, 0], [np.inf, np.inf], [-np.inf, -np.inf]], ids=str)
def test_a_row_whose_maximum_is_infinite_has_nan(row, dtype):
    # inf - inf is NaN by IEEE 754; a row beside it is untouched.
    result = softmax(np.array([row, [0, 0]], dtype=dtype))
    assert np.isnan(result[0]).any(), result
    assert np.array_equal(result[1], [0.5, 0.5]), result


@both_dtypes
@pytest.mark.parametrize("position", [0, 1, 2])
def test_nan_fills_its_row_and_no_other(position, dtype):
    logits = np.zeros((3, 3), dtype=dtype)
    logits[1, position] = np.nan
    assert np.array_equal(np.isnan(softmax(logits)), [[False] * 3, [True] * 3, [False] * 3])


def test_subnormal_logits_are_equal_ones():
    assert np.array_equal(softmax(np.array([5e-324, 0.0, -5e-324, 0.0])), [0.25] * 4)


@pytest.mark.parametrize("shape", [(5,), (2, 5), (2, 3, 5)])
def test_the_last_axis_is_the_class(shape):
    logits = np.random.default_rng(0).normal(size=shape)
    result = softmax(logits)
    assert result.shape == shape
    assert np.array_equal(result.reshape(-1, 5), softmax(logits.reshape(-1, 5)))


def test_gradient_is_the_finite_difference():
    rng = np.random.default_rng(0)
    for classes in (1, 2, 7):
        logits, error = rng.normal(size=(3, classes)), rng.normal(size=(3, classes))
        expected = numerical_gradient(lambda x, error=error: np.sum(error * softmax(x)), logits)
        # Step 1e-6 on values of size 1: off by 1e-9 at most.
        result = softmax_gradient(error, softmax(logits))
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-8, err_msg=f"{classes} classes")


@pytest.mark.parametrize("logits", [1.0, np.zeros((2, 0)), []], ids=repr)
def test_logits_without_a_class(logits):
    with pytest.raises(ValueError, match="logits must have at least one class along its last axis, but its shape is"):
        softmax(logits)


@pytest.mark.parametrize("output", [1.0, np.zeros((2, 0))], ids=repr)
def test_gradient_without_a_class(output):
    with pytest.raises(ValueError, match="output must have at least one class along its last axis, but its shape is"):
        softmax_gradient(output, output)


def test_gradient_of_a_number_and_a_row_is_an_error_not_a_crash():
    status, said = said_by("softmax_gradient(1.0, np.ones(1))")
    assert (status, "ValueError: output_error must have the shape of output, (1,)" in said) == (1, True), (status, said)


def test_an_empty_batch_is_an_empty_result():
    assert softmax(np.zeros((0, 3), dtype=np.float32)).shape == (0, 3)


@both_dtypes
def test_the_logarithm_of_a_softmax_is_exact_for_logits_of_any_size(dtype):
    logits = np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4]], dtype)
    expected = np.array([[0, -2e4, -1e4], [-np.log(3)] * 3])
    # The last digit of a number of ten thousand.
    np.testing.assert_allclose(log_softmax(logits), expected, rtol=2 * np.finfo(dtype).eps)
    gradient = log_softmax_gradient(np.eye(3, dtype=dtype)[[1, 2]], log_softmax(logits))
    np.testing.assert_allclose(gradient, [[-1, 1, 0], [-1 / 3, -1 / 3, 2 / 3]], atol=4 * np.finfo(dtype).eps)


@both_dtypes
@pytest.mark.parametrize("position", [0, 1, 2])
def test_nan_fills_its_row_of_logarithms_and_no_other(position, dtype):
    logits = np.zeros((3, 3), dtype=dtype)
    logits[1, position] = np.nan
    assert np.array_equal(np.isnan(log_softmax(logits)), [[False] * 3, [True] * 3, [False] * 3])


@pytest.mark.parametrize("shape", [(), (0,), (3, 0)])
def test_no_classes_have_no_logarithms(shape):
    with pytest.raises(ValueError, match="must have at least one class along its last axis"):
        log_softmax(np.ones(shape))
    with pytest.raises(ValueError, match="must have at least one class along its last axis"):
        log_softmax_gradient(np.ones(shape), np.ones(shape))
    with pytest.raises(ValueError, match="output_error must have the shape of output"):
        log_softmax_gradient(np.ones((2, 3)), np.ones((3, 2)))
