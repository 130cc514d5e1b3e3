"""The gradient-descent update in place: its values, and all that it refuses."""

import numpy as np
import pytest

from fastnn_ext.bindings.update import sgd

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@both_dtypes
@pytest.mark.parametrize("shape", [(1,), (7,), (17, 7), (1000,), (2, 3, 4), (0,), ()])
def test_moves_against_the_gradient(dtype, shape):
    rng = np.random.default_rng(0)
    parameters, gradients = (np.asarray(rng.normal(size=shape)).astype(dtype) for _ in range(2))
    expected = parameters.astype(np.float64) - 0.1 * gradients.astype(np.float64)
    kept = gradients.copy()
    assert sgd(parameters, gradients, 0.1) is None
    # The rate, the product and the difference round once each.
    atol = 3 * np.finfo(dtype).eps * 8
    np.testing.assert_allclose(parameters, expected, rtol=0, atol=atol, err_msg=f"{shape} {dtype.__name__}")
    assert np.array_equal(gradients, kept)


def test_gradients_of_any_layout_and_dtype():
    rng = np.random.default_rng(0)
    gradients = rng.integers(-9, 9, size=(7, 5))
    for given in (gradients, gradients.tolist(), np.asfortranarray(gradients.astype(">f4")), gradients[::-1][::-1]):
        parameters = np.zeros((7, 5), dtype=np.float32)
        sgd(parameters, given, 0.5)
        assert np.array_equal(parameters, -0.5 * gradients), given


def read_only():
    array = np.ones((4, 6))
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        (read_only(), ValueError, "parameters must be C-contiguous and writeable"),
        (np.ones((4, 12))[:, ::2], ValueError, "parameters must be C-contiguous and writeable"),
        (np.asfortranarray(np.ones((4, 6))), ValueError, "parameters must be C-contiguous and writeable"),
        (np.ones((4, 6), dtype=">f8"), ValueError, "parameters must be"),
        (np.ones((4, 6), dtype=int), TypeError, "parameters must be float32 or float64, but its dtype is int64"),
        (np.ones((4, 6), dtype=object), TypeError, "parameters must be float32 or float64, but its dtype is object"),
        (np.ones((4, 6), dtype="f2"), TypeError, "parameters must be float32 or float64, but its dtype is float16"),
        ([[1.0] * 6] * 4, TypeError, "parameters must be a NumPy array, since .* but it is a list"),
        (np.ones((6, 4)), ValueError, r"gradients must have the shape of .*, \(6, 4\), but its shape is \(4, 6\)"),
        (np.ones(24), ValueError, r"gradients must have the shape of .*, \(24,\), but its shape is \(4, 6\)"),
    ],
)
def test_parameters_that_cannot_be_changed_in_place(parameters, error, message):
    before = np.array(parameters)
    with pytest.raises(error, match=message):
        sgd(parameters, np.ones((4, 6)), 0.1)
    assert np.array_equal(parameters, before)


@pytest.mark.parametrize("dtype", ["O", "c16", "U3"])
def test_gradients_that_are_not_real(dtype):
    parameters = np.ones(3)
    with pytest.raises(TypeError, match="gradients must hold real numbers"):
        sgd(parameters, np.ones(3).astype(dtype), 0.1)
    assert np.array_equal(parameters, np.ones(3))


@pytest.mark.parametrize("offset", [0, 1, 4])
def test_overlapping_memory_is_refused(offset):
    memory = np.arange(10.0)
    with pytest.raises(ValueError, match="parameters and gradients must not share memory"):
        sgd(memory[:5], memory[offset : offset + 5], 0.1)
    assert np.array_equal(memory, np.arange(10.0))


def test_neighbours_in_memory_do_not_overlap():
    memory = np.ones(10)
    sgd(memory[:5], memory[5:], 1.0)
    assert np.array_equal(memory, [0] * 5 + [1] * 5)
