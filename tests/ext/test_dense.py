"""The dense layer's bindings: finite differences, linearity, the update in place, and all that it refuses."""

import numpy as np
import pytest
from binding_table import numerical_gradient
from hypothesis import given, settings
from hypothesis import strategies as st

from fastnn_ext.bindings.dense import dense_backward_input, dense_backward_parameters, dense_forward, dense_sgd_step

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
SIZES = ((1, 1, 1), (1, 7, 17), (1, 1000, 17), (7, 17, 1), (17, 7, 5), (7, 17, 1000), (0, 3, 2))


def layer(sizes, dtype=np.float64, seed=0):
    """Output error, input, weights and bias."""
    rng = np.random.default_rng(seed)
    batch, fan_in, fan_out = sizes
    shapes = ((batch, fan_out), (batch, fan_in), (fan_in, fan_out), (1, fan_out))
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    batch=st.integers(0, 20),
    fan_in=st.integers(1, 60),
    fan_out=st.integers(1, 60),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 2**32 - 1),
)
def test_forward_is_linear_in_its_input(batch, fan_in, fan_out, dtype, seed):
    _, x, weights, bias = layer((batch, fan_in, fan_out), dtype, seed)
    other = np.random.default_rng(seed + 1).normal(size=x.shape).astype(dtype)
    zero = np.zeros_like(bias)
    together = dense_forward(2 * x + other, weights, bias)
    summed = 2 * dense_forward(x, weights, zero) + dense_forward(other, weights, bias)
    # Three sums of fan_in products, each off by at most fan_in eps times the sum of the absolute values.
    bound = (2 * np.abs(x) + np.abs(other)).astype(float) @ np.abs(weights).astype(float) + np.abs(bias)
    assert np.all(np.abs(together - summed) <= 3 * (fan_in + 4) * np.finfo(dtype).eps * bound)


@pytest.mark.parametrize("sizes", [(1, 3, 4), (5, 4, 3), (3, 1, 1)], ids=str)
def test_gradients_are_finite_differences(sizes):
    error, x, weights, bias = layer(sizes)

    # The loss sum(error * y**2 / 2) has output error `error * y`; step 1e-6, so off by 1e-8 on sums of size 100.
    def loss(x, weights, bias):
        return np.sum(error * dense_forward(x, weights, bias) ** 2 / 2)

    output_error = error * dense_forward(x, weights, bias)
    weight_gradient, bias_gradient = dense_backward_parameters(output_error, x)
    for name, result, expected in (
        ("input", dense_backward_input(output_error, weights), numerical_gradient(lambda v: loss(v, weights, bias), x)),
        ("weights", weight_gradient, numerical_gradient(lambda v: loss(x, v, bias), weights)),
        ("bias", bias_gradient, numerical_gradient(lambda v: loss(x, weights, v), bias)),
    ):
        np.testing.assert_allclose(result, expected, rtol=1e-7, atol=1e-7, err_msg=f"{name} of sizes {sizes}")


@both_dtypes
def test_one_sample_may_come_without_its_outer_brackets(dtype):
    error, x, weights, bias = layer((1, 7, 5), dtype)
    assert np.array_equal(dense_forward(x[0], weights, bias[0]), dense_forward(x, weights, bias))
    assert np.array_equal(dense_backward_input(error[0], weights), dense_backward_input(error, weights))
    for flat, full in zip(dense_backward_parameters(error[0], x[0]), dense_backward_parameters(error, x), strict=True):
        assert np.array_equal(flat, full)
        assert flat.shape == full.shape


@both_dtypes
def test_a_batch_is_its_rows_bit_for_bit(dtype):
    _, x, weights, bias = layer((17, 33, 9), dtype)
    rows = np.concatenate([dense_forward(row, weights, bias) for row in x])
    assert np.array_equal(dense_forward(x, weights, bias), rows)


@both_dtypes
def test_nan_reaches_what_it_should_and_no_more(dtype):
    _, x, weights, bias = layer((3, 4, 5), dtype)
    x[1, 2] = np.nan
    assert np.array_equal(np.isnan(dense_forward(x, weights, bias)).all(axis=1), [False, True, False])
    weights[0, 3] = np.nan
    assert np.isnan(dense_forward(np.zeros((1, 4), dtype), weights, bias))[0].tolist() == [False] * 3 + [True, False]


@both_dtypes
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("flat_bias", [False, True])
def test_step_in_place(dtype, sizes, flat_bias):
    error, x, weights, bias = layer(sizes, dtype)
    bias = bias[0] if flat_bias else bias
    exact_error, exact_x = error.astype(np.float64), x.astype(np.float64)
    right_weights = weights.astype(np.float64) - 0.1 * exact_x.T @ exact_error
    right_bias = bias.astype(np.float64) - 0.1 * exact_error.sum(axis=0).reshape(bias.shape)
    kept = error.copy(), x.copy()
    assert dense_sgd_step(error, x, weights, bias, 0.1) is None
    # batch products of values below 4 are summed: off by batch eps of at most 16 each, and the step rounds once more.
    atol = 16 * (sizes[0] + 3) * np.finfo(dtype).eps
    np.testing.assert_allclose(weights, right_weights, rtol=0, atol=atol, err_msg=f"weights {sizes} {dtype.__name__}")
    np.testing.assert_allclose(bias, right_bias, rtol=0, atol=atol, err_msg=f"bias {sizes} {dtype.__name__}")
    assert np.array_equal(error, kept[0])
    assert np.array_equal(x, kept[1])


def frozen(array):
    array.flags.writeable = False
    return array


REFUSED = {
    "read-only weights": (lambda e, x, w, b: (e, x, frozen(w), b), ValueError, "^weights must be C-contiguous and wri"),
    "read-only bias": (lambda e, x, w, b: (e, x, w, frozen(b)), ValueError, "^bias must be C-contiguous and writeable"),
    "Fortran weights": (lambda e, x, w, b: (e, x, np.asfortranarray(w), b), ValueError, "^weights must be C-contig"),
    "strided bias": (lambda e, x, w, b: (e, x, w, np.ones((1, 8))[:, ::2]), ValueError, "^bias must be C-contiguous"),
    "list of weights": (lambda e, x, w, b: (e, x, w.tolist(), b), TypeError, "^weights must be a NumPy array.*a list"),
    "integer weights": (lambda e, x, w, b: (e, x, w.astype("i8"), b), TypeError, "^weights must be float32 or.*int64"),
    "object bias": (lambda e, x, w, b: (e, x, w, b.astype(object)), TypeError, "^bias must be float32 or.*object"),
    "two dtypes": (lambda e, x, w, b: (e, x, w, b.astype("f4")), TypeError, "one dtype.*float64 and float32"),
    "complex input": (lambda e, x, w, b: (e, x.astype(complex), w, b), TypeError, "^input must hold real.*complex128"),
    "object error": (lambda e, x, w, b: (e.astype(object), x, w, b), TypeError, "^output_error must hold real.*object"),
    "flat weights": (lambda e, x, w, b: (e, x, w.ravel(), b), ValueError, r"^weights must have 2 dim.*\(12,\)"),
    "long bias": (lambda e, x, w, b: (e, x, w, np.ones(5)), ValueError, r"^bias must have shape \(4,\) or.*\(5,\)"),
    "column bias": (lambda e, x, w, b: (e, x, w, np.ones((4, 1))), ValueError, r"^bias must have shape.*\(4, 1\)"),
    "wide input": (lambda e, x, w, b: (e, np.ones((2, 4)), w, b), ValueError, r"^input must have.*, 3\).*\(2, 4\)"),
    "narrow error": (lambda e, x, w, b: (e[:, :3], x, w, b), ValueError, r"^output_error must.*, 4\).*\(2, 3\)"),
    "fewer rows": (lambda e, x, w, b: (e, x[:1], w, b), ValueError, r"as many rows.*\(2, 4\) and \(1, 3\)"),
    "cube": (lambda e, x, w, b: (e, np.ones((1, 2, 3)), w, b), ValueError, r"^input must have.*\(1, 2, 3\)"),
    "bias in weights": (lambda e, x, w, b: (e, x, w, w[1]), ValueError, "must not share memory"),
    "error in weights": (lambda e, x, w, b: (w[:2], x, w, b), ValueError, "must not share memory"),
    "input in weights": (lambda e, x, w, b: (e, w.reshape(4, 3)[1:3], w, b), ValueError, "must not share memory"),
    "error in bias": (lambda e, x, w, b: (b, x[:1], w, b), ValueError, "must not share memory"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_step_refuses_and_changes_nothing(case):
    make, kind, message = REFUSED[case]
    arguments = make(*layer((2, 3, 4)))
    before = [np.array(argument) for argument in arguments]
    with pytest.raises(kind, match=message):
        dense_sgd_step(*arguments, 0.1)
    for array, old in zip(arguments, before, strict=True):
        assert np.array_equal(array, old), case


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dense_forward(np.ones((2, 3)), np.ones(3), np.ones(1)), r"^weights must have shape \(fan_in, fan_o"),
        (lambda: dense_forward(np.ones((2, 3)), np.ones((3, 4)), np.ones((4, 1))), r"^bias must .*shape is \(4, 1\)"),
        (lambda: dense_forward(np.ones((2, 3)), np.ones((3, 4)), 1.0), r"^bias must have shape.*its shape is \(\)"),
        (lambda: dense_forward(1.0, np.ones((1, 4)), np.ones(4)), r"^input must have shape.*its shape is \(\)"),
        (lambda: dense_backward_input(1.0, np.ones((1, 1))), r"^output_error must have shape.*its shape is \(\)"),
        (lambda: dense_backward_parameters(1.0, np.ones(2)), r"^output_error must have one or two.*its shape is \(\)"),
        (lambda: dense_backward_parameters(np.ones(2), np.ones((1, 1, 2))), r"^input must have one or.*\(1, 1, 2\)"),
    ],
)
def test_shapes_that_are_no_layer(call, message):
    with pytest.raises(ValueError, match=message):
        call()
