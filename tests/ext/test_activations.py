"""Activations and their derivatives: special values, finite differences, arguments."""

import numpy as np
import pytest
from binding_table import FUNCTIONS, NUMBERS, SLOPE, SLOPES_FROM_OUTPUT, numerical_gradient

from fastnn import activations
from fastnn.activations.kinds.selu import ALPHA as SELU_ALPHA
from fastnn.activations.kinds.selu import SCALE as SELU_SCALE
from fastnn_ext.bindings.activations import activation_gradient
from fastnn_ext.tables.enums import Activation

KINDS = tuple(Activation)
BINDINGS = tuple(binding for kind in KINDS for binding in (kind.name.lower(), f"{kind.name.lower()}_prime"))
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def call(name, x):
    kind = Activation[name.removesuffix("_prime").upper()]
    return getattr(activations, name)(x, *NUMBERS[kind])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_derivative_is_the_finite_difference_away_from_the_kink(kind):
    name = kind.name.lower()
    x = np.concatenate([np.linspace(-4, -0.01, 40), np.linspace(0.01, 4, 40)])
    expected = numerical_gradient(lambda values: call(name, values).sum(), x)
    # Central differences of step 1e-6 are off by 1e-12, and by 1e-16 / 1e-6 times their sum, some hundreds at most.
    np.testing.assert_allclose(call(f"{name}_prime", x), expected, rtol=0, atol=2e-7, err_msg=name)
    if kind not in SLOPES_FROM_OUTPUT:
        return
    error = np.random.default_rng(0).normal(size=x.shape)
    gradient = activation_gradient(error, call(name, x), kind, *NUMBERS[kind])
    np.testing.assert_allclose(gradient, error * expected, rtol=0, atol=5e-7, err_msg=name)


@pytest.mark.parametrize("name", BINDINGS)
@both_dtypes
def test_nan_propagates(name, dtype):
    x = np.array([1.0, np.nan, -1.0], dtype=dtype)
    assert np.array_equal(np.isnan(call(name, x)), [False, True, False]), (name, dtype)


@pytest.mark.parametrize("kind", SLOPES_FROM_OUTPUT, ids=lambda kind: kind.name)
@both_dtypes
@pytest.mark.parametrize("where", ["output_error", "output"])
def test_nan_propagates_through_the_gradient(kind, dtype, where):
    error, output = np.full((2, 3), 1.0, dtype=dtype), np.full((2, 3), 0.5, dtype=dtype)
    (error if where == "output_error" else output)[0, 1] = np.nan
    gradient = activation_gradient(error, output, kind, *NUMBERS[kind])
    assert np.array_equal(np.isnan(gradient), [[False, True, False], [False] * 3]), (kind.name, where, gradient)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("relu", [0, 0, np.inf, 1e4]),
        ("relu_prime", [0, 0, 1, 1]),
        ("leaky_relu", [-np.inf, -SLOPE * 1e4, np.inf, 1e4]),
        ("leaky_relu_prime", [SLOPE, SLOPE, 1, 1]),
        ("sigmoid", [0, 0, 1, 1]),
        ("sigmoid_prime", [0, 0, 0, 0]),
        ("tanh", [-1, -1, 1, 1]),
        ("tanh_prime", [0, 0, 0, 0]),
        ("elu", [-SLOPE, -SLOPE, np.inf, 1e4]),
        ("elu_prime", [0, 0, 1, 1]),
        ("selu", [-SELU_SCALE * SELU_ALPHA, -SELU_SCALE * SELU_ALPHA, np.inf, SELU_SCALE * 1e4]),
        ("selu_prime", [0, 0, SELU_SCALE, SELU_SCALE]),
        ("softplus", [0, 0, np.inf, 1e4]),
        ("softplus_prime", [0, 0, 1, 1]),
    ],
)
@both_dtypes
def test_limits_are_reached_without_a_warning(name, expected, dtype):
    x = np.array([-np.inf, -1e4, np.inf, 1e4], dtype=dtype)
    # A slope of 0.2 in float32 times 1e4 rounds once each.
    np.testing.assert_allclose(call(name, x), expected, rtol=2 * np.finfo(dtype).eps, atol=0, err_msg=name)


@both_dtypes
@pytest.mark.parametrize("name", ["gelu", "gelu_prime", "silu", "silu_prime"])
def test_functions_with_a_product_reach_their_limits_at_large_numbers(name, dtype):
    # At infinity itself x f(x) is an infinity times zero.
    x = np.array([-1e4, 1e4], dtype=dtype)
    assert np.array_equal(call(name, x), [0, 1 if name.endswith("_prime") else x[1]]), name


@both_dtypes
def test_the_kink_takes_the_left_hand_derivative(dtype):
    zeros = np.array([0.0, -0.0], dtype=dtype)
    assert np.array_equal(activations.relu_prime(zeros), [0, 0])
    assert np.array_equal(activations.leaky_relu_prime(zeros, SLOPE), np.full(2, SLOPE, dtype=dtype))
    assert np.array_equal(activation_gradient(np.ones(2, dtype), zeros, Activation.RELU), [0, 0])


@both_dtypes
@pytest.mark.parametrize("kind", [Activation.RELU, Activation.TANH, Activation.SIGMOID], ids=lambda kind: kind.name)
def test_subnormals_are_not_flushed(kind, dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    x = np.array([tiny, 5 * tiny], dtype=dtype)
    # relu and tanh are the identity there; sigmoid is exactly a half.
    expected = np.array([0.5, 0.5]) if kind == Activation.SIGMOID else x
    assert np.array_equal(call(kind.name.lower(), x), expected), kind.name


@both_dtypes
def test_sigmoid_keeps_its_small_tail(dtype):
    x = np.array([-80.0, -30.0], dtype=dtype)
    e = np.exp(x.astype(np.float64))
    # An ulp for the exponential, a rounding each for the sum and the quotient.
    np.testing.assert_allclose(activations.sigmoid(x), e / (1 + e), rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", BINDINGS)
@pytest.mark.parametrize("x", [0.5, -2, np.float32(0.5), np.array(0.5, dtype=np.float32)], ids=repr)
def test_a_number_gives_a_number(name, x):
    result = call(name, x)
    assert isinstance(result, np.floating), (name, x)
    assert result.dtype == (np.float32 if getattr(x, "dtype", None) == np.float32 else np.float64), (name, x)
    kind = Activation[name.removesuffix("_prime").upper()]
    right = FUNCTIONS[kind][name.endswith("_prime")](float(x))
    assert abs(result - right) <= 4 * np.finfo(result.dtype).eps, (name, x, result, right)


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (1, 1, 1, 2), (2, 0)])
@pytest.mark.parametrize("name", BINDINGS)
def test_any_shape_is_kept(name, shape):
    assert call(name, np.ones(shape, dtype=np.float32)).shape == shape


@pytest.mark.parametrize("slope", [-0.1, 1.0, np.nan, np.inf])
@pytest.mark.parametrize("name", ["leaky_relu", "leaky_relu_prime"])
def test_slope_out_of_range(name, slope):
    with pytest.raises(ValueError, match=f"negative_slope must be at least 0 and below 1, but it is {slope}"):
        getattr(activations, name)(np.ones(2), slope)


def test_default_slope_is_a_hundredth():
    assert activations.leaky_relu(-1.0) == -0.01
    assert activations.leaky_relu_prime(-1.0) == 0.01


def test_gradient_refuses_the_same_count_in_another_shape():
    with pytest.raises(ValueError, match=r"output_error .*\(2, 3\).*\(3, 2\)"):
        activation_gradient(np.ones((3, 2)), np.ones((2, 3)), Activation.RELU)


def test_gradient_refuses_an_unknown_kind():
    with pytest.raises(ValueError, match="kind"):
        activation_gradient(np.ones(2), np.ones(2), 9)


def test_the_enumeration_has_stable_numbers():
    names = ["RELU", "LEAKY_RELU", "SIGMOID", "TANH", "ELU", "SELU", "GELU", "SILU", "SOFTPLUS"]
    # Further ones come after these.
    assert [kind.name for kind in sorted(Activation)][: len(names)] == names
    assert sorted(Activation) == list(range(len(Activation)))


@pytest.mark.parametrize("alpha", [-0.1, np.nan, np.inf])
@pytest.mark.parametrize("name", ["elu", "elu_prime"])
def test_alpha_out_of_range(name, alpha):
    with pytest.raises(ValueError, match=f"alpha must be finite and not negative, but it is {alpha}"):
        getattr(activations, name)(np.ones(2), alpha)


def test_gradients_from_the_output_are_of_four_kinds():
    for kind in set(Activation) - set(SLOPES_FROM_OUTPUT):
        with pytest.raises(ValueError, match="kind must be one of RELU, LEAKY_RELU, SIGMOID, TANH"):
            activation_gradient(np.ones(2), np.ones(2), kind)
