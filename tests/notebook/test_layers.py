"""What every layer must do, and what each does of its own."""

import numpy as np
import pytest

import fastnn
from fastnn import ActivationLayer, FCLayer, FlattenLayer, SoftmaxLayer
from fastnn.notebook.chain import lower


def make(kind, dtype=np.float64):
    return {
        "flatten": lambda: FlattenLayer((2, 3)),
        "fc": lambda: FCLayer(6, 4, rng=np.random.default_rng(0), dtype=dtype),
        "activation": lambda: ActivationLayer(fastnn.tanh, fastnn.tanh_prime),
        "own activation": lambda: ActivationLayer(np.tanh, lambda x: 1 - np.tanh(x) ** 2),
        "softmax": lambda: SoftmaxLayer(6),
    }[kind]()


KINDS = ["flatten", "fc", "activation", "own activation", "softmax"]


def sample(kind, batch):
    shape = (batch, 2, 3) if kind == "flatten" else (batch, 6)
    return np.random.default_rng(1).normal(size=shape)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch", [1, 5])
def test_input_gradient_is_that_of_finite_differences(kind, batch):
    layer, x = make(kind), sample(kind, batch)
    direction = np.random.default_rng(2).normal(size=layer.forward(x).shape)
    gradient = layer.backward(direction, 0.0)
    assert gradient.shape == x.shape
    numeric = np.empty_like(x)
    for place in np.ndindex(*x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-6
        numeric[place] = np.sum(direction * (layer.forward(x + step) - layer.forward(x - step))) / 2e-6
    # Central differences with a step of 1e-6 leave about 1e-10 of rounding.
    np.testing.assert_allclose(gradient, numeric, atol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_does_not_change_its_input(kind):
    layer, x = make(kind), sample(kind, 3)
    before = x.copy()
    error = np.ones_like(layer.forward(x))
    layer.backward(error, 0.5)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(error, np.ones_like(error))


@pytest.mark.parametrize("kind", KINDS)
def test_backward_before_forward_says_so(kind):
    with pytest.raises(RuntimeError, match="call forward"):
        make(kind).backward(np.ones((1, 6)), 0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_other_names_and_what_is_remembered(kind):
    layer, twin, x = make(kind), make(kind), sample(kind, 3)
    assert (layer.input, layer.output) == (None, None)
    output = layer.forward_propagation(x)
    assert layer.output is output
    np.testing.assert_array_equal(layer.input, x)
    np.testing.assert_array_equal(output, twin.forward(x))
    error = np.random.default_rng(4).normal(size=output.shape)
    np.testing.assert_array_equal(layer.backward_propagation(error, 0.1), twin.backward(error, 0.1))
    for name, array in layer.parameters().items():
        np.testing.assert_array_equal(array, twin.parameters()[name])


@pytest.mark.parametrize("kind", ["fc", "softmax", "flatten"])
def test_wrong_width_is_named(kind):
    with pytest.raises(ValueError, match="input must have shape"):
        make(kind).forward(np.zeros((1, 5)))


@pytest.mark.parametrize("kind", ["flatten", "fc", "activation", "softmax"])
def test_lowered_layer_predicts_the_same(kind):
    layer = make(kind)
    plan = lower([FCLayer(6, 6, dtype=np.float64), layer] if kind != "flatten" else [layer, make("fc")])
    assert plan is not None
    assert lower([make("own activation")]) is None


def test_fc_starts_normal_with_the_stated_spread():
    layer = FCLayer(900, 100, rng=np.random.default_rng(0), dtype=np.float64)
    assert layer.weights.shape == (900, 100)
    assert layer.bias.shape == (1, 100)
    # The standard error of a spread over 90,000 draws is 0.24 %.
    assert layer.weights.std() * np.sqrt(1000) == pytest.approx(1, rel=0.01)
    assert abs(layer.weights.mean()) < 0.001
    twin = FCLayer(900, 100, rng=np.random.default_rng(0))
    assert twin.weights.dtype == np.float32
    np.testing.assert_array_equal(twin.weights, layer.weights.astype(np.float32))


def test_numpys_seed_repeats_the_weights_of_teaching_code():
    np.random.seed(7)  # noqa: NPY002 - what teaching code seeds
    layers = [FCLayer(4, 3, dtype=np.float64), FCLayer(3, 2, dtype=np.float64)]
    np.random.seed(7)  # noqa: NPY002
    for layer in layers:
        ins, outs = layer.weights.shape
        # A division by a root and a product with its reciprocal: the last digit.
        np.testing.assert_allclose(layer.weights, np.random.randn(ins, outs) / np.sqrt(ins + outs), rtol=1e-15)  # noqa: NPY002
        np.testing.assert_allclose(layer.bias, np.random.randn(1, outs) / np.sqrt(ins + outs), rtol=1e-15)  # noqa: NPY002
    assert not np.array_equal(FCLayer(4, 3).weights, FCLayer(4, 3).weights)


def test_a_generator_leaves_numpys_alone():
    np.random.seed(7)  # noqa: NPY002
    before = np.random.get_state()[2]  # noqa: NPY002
    FCLayer(4, 3, rng=np.random.default_rng(0))
    assert np.random.get_state()[2] == before  # noqa: NPY002


@pytest.mark.parametrize("batch", [1, 4])
def test_fc_learns_by_the_mean_gradient_of_the_batch(batch):
    layer, x = make("fc"), sample("fc", batch)
    weights, bias = layer.weights.copy(), layer.bias.copy()
    layer.forward(x)
    error = np.random.default_rng(3).normal(size=(batch, 4))
    layer.backward(error, 0.5)
    # A handful of products in another order.
    np.testing.assert_allclose(layer.weights, weights - 0.5 * x.T @ error, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(layer.bias, bias - 0.5 * error.sum(axis=0, keepdims=True), rtol=1e-12, atol=1e-15)


def test_fc_assignment_copies_and_checks():
    layer = make("fc", np.float32)
    values = np.arange(24.0).reshape(6, 4)
    layer.weights = values
    layer.bias = [1, 2, 3, 4]
    values[:] = 0
    assert layer.weights[5, 3] == 23
    assert layer.weights.dtype == np.float32
    assert layer.bias.shape == (1, 4)
    with pytest.raises(ValueError, match=r"weights must have shape \(6, 4\)"):
        layer.weights = np.zeros((4, 6))
    with pytest.raises(ValueError, match=r"bias must have shape \(1, 4\)"):
        layer.bias = np.zeros(3)
    with pytest.raises(TypeError, match="weights must hold real numbers"):
        layer.weights = np.full((6, 4), "a")
    assert layer.weights[5, 3] == 23


@pytest.mark.parametrize(
    ("make_layer", "error", "message"),
    [
        (lambda: FCLayer(0, 3), ValueError, "input_size must be at least 1"),
        (lambda: FCLayer(3, -1), ValueError, "output_size must be at least 1"),
        (lambda: FCLayer(3.0, 1), TypeError, "input_size must be an integer"),
        (lambda: FCLayer(True, 1), TypeError, "input_size must be an integer"),
        (lambda: FCLayer(3, 1, dtype=np.float16), TypeError, "dtype must be float32 or float64"),
        (lambda: FCLayer(3, 1, rng=7), TypeError, "rng must be a numpy.random.Generator"),
        (lambda: FlattenLayer(()), ValueError, "input_shape"),
        (lambda: FlattenLayer((28, 0)), ValueError, "input_shape must be at least 1"),
        (lambda: SoftmaxLayer("ten"), TypeError, "input_size must be an integer"),
        (lambda: ActivationLayer("relu"), TypeError, "activation must be a function"),
        (lambda: ActivationLayer(np.tanh), TypeError, "activation_prime is missing"),
        (lambda: ActivationLayer(np.tanh, 3), TypeError, "activation_prime must be a function"),
    ],
)
def test_constructors_refuse(make_layer, error, message):
    with pytest.raises(error, match=message):
        make_layer()


def test_activation_with_another_derivative_keeps_it():
    layer = ActivationLayer(fastnn.relu, lambda x: np.full_like(x, 7.0))
    layer.forward(np.array([[1.0, -1.0]]))
    np.testing.assert_array_equal(layer.backward(np.array([[1.0, 1.0]]), 0.1), [[7.0, 7.0]])
