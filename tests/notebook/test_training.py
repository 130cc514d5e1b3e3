"""Training against the notebook's formulas, by both executors, and what it refuses."""

import importlib.util
import pathlib

import numpy as np
import pytest

import fastnn
from fastnn import ActivationLayer, FCLayer, FlattenLayer, SoftmaxLayer

spec = importlib.util.spec_from_file_location("reference", pathlib.Path(__file__).with_name("reference.py"))
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)


class OwnFC:
    """A user's layer, as the notebook has it: no base class, plain NumPy."""

    def __init__(self, weights, bias):
        self.weights, self.bias = weights.copy(), bias.copy()

    def forward(self, input):
        self.input = input
        return np.dot(input, self.weights) + self.bias

    def backward(self, output_error, learning_rate):
        input_error = np.dot(output_error, self.weights.T)
        self.weights -= learning_rate * np.dot(self.input.T, output_error)
        self.bias -= learning_rate * output_error.sum(axis=0)
        return input_error


def small_network(activation="tanh", softmax=True, seed=1, dtype=np.float64, own=False):
    rng = np.random.default_rng(seed)
    first, second = FCLayer(12, 7, rng=rng, dtype=dtype), FCLayer(7, 3, rng=rng, dtype=dtype)
    function = getattr(fastnn, activation)
    # A function of the user's own keeps the network from the engine.
    wrapped = ActivationLayer(function, getattr(fastnn, f"{activation}_prime"))
    if own:
        wrapped = ActivationLayer(lambda x: function(x), wrapped.activation_prime)
    return [FlattenLayer((3, 4)), first, wrapped, second, *([SoftmaxLayer(3)] if softmax else [])]


def mirror(network, batch):
    """The same network in the reference's classes, with copies of the weights."""
    twins = []
    for layer in network:
        if isinstance(layer, FlattenLayer):
            twin = reference.Flatten((3, 4))
            if batch > 1:
                twin.forward = lambda x: x.reshape(len(x), -1)
                twin.backward = lambda error, rate: error
            twins.append(twin)
        elif isinstance(layer, FCLayer):
            twins.append(reference.FullyConnected(layer.weights, layer.bias))
        elif isinstance(layer, SoftmaxLayer):
            twins.append(reference.Softmax())
        else:
            name = getattr(layer.activation, "__name__", "tanh")
            twins.append(reference.Activation(*reference.FUNCTIONS[name]))
    return twins


def data(samples=23, seed=2):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(samples, 3, 4)) * (rng.random((samples, 3, 4)) < 0.5)
    return x, np.eye(3)[rng.integers(0, 3, samples)]


@pytest.mark.parametrize("own", [False, True], ids=["engine", "layers"])
@pytest.mark.parametrize("batch_size", [1, 2, 7, 23, 100])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid", "tanh"])
@pytest.mark.parametrize(("loss", "softmax"), [("mse", True), ("mse", False), ("cross_entropy", True)])
def test_equals_the_formulas(activation, batch_size, loss, softmax, own):
    network = small_network(activation, softmax)
    twins = mirror(network, batch_size)
    if own:
        layer = network[2]
        network[2] = ActivationLayer(lambda x: layer.activation(x), layer.activation_prime)
    x, y = data()
    _, err = fastnn.train(network, x, y, 3, 0.3, batch_size=batch_size, loss=getattr(fastnn, loss))
    expected = reference.train(
        twins, x, y, 3, 0.3, batch_size, getattr(reference, loss), getattr(reference, f"{loss}_prime")
    )
    # The same sums in another order: some 200 steps of a few roundings each stay far below this.
    np.testing.assert_allclose(err, expected, rtol=1e-11)
    for mine, theirs in zip(network, twins, strict=True):
        if isinstance(mine, FCLayer):
            np.testing.assert_allclose(mine.weights, theirs.weights, rtol=1e-9, atol=1e-13)
            np.testing.assert_allclose(mine.bias, theirs.bias, rtol=1e-9, atol=1e-13)


def test_notebook_on_mnist_to_nine_digits(mnist, notebook_network):
    (x, y), _ = mnist
    x, y = x[:300].astype(np.float64), y[:300]
    network = notebook_network(dtype=np.float64)
    twins = [
        reference.Flatten((28, 28)),
        reference.FullyConnected(network[1].weights, network[1].bias),
        reference.Activation(*reference.FUNCTIONS["relu"]),
        reference.FullyConnected(network[3].weights, network[3].bias),
        reference.Softmax(),
    ]
    _, err = fastnn.train(network, x, y, epochs=3, learning_rate=0.1)
    np.testing.assert_allclose(err, reference.train(twins, x, y, 3, 0.1), rtol=1e-9)
    for index in (1, 3):
        # Weights near zero are held to the scale of their neighbours.
        np.testing.assert_allclose(network[index].weights, twins[index].weights, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(network[index].bias, twins[index].bias, rtol=1e-9, atol=1e-11)


def test_executors_agree(mnist, notebook_network):
    (x, y), _ = mnist
    compiled, layered = notebook_network(dtype=np.float64), notebook_network(dtype=np.float64)
    layered[1] = OwnFC(layered[1].weights, layered[1].bias)
    _, a = fastnn.train(compiled, x[:200], y[:200], 2, 0.1)
    _, b = fastnn.train(layered, x[:200].astype(np.float64), y[:200], 2, 0.1)
    np.testing.assert_allclose(a, b, rtol=1e-12)
    np.testing.assert_allclose(compiled[1].weights, layered[1].weights, rtol=1e-11, atol=1e-13)


@pytest.mark.slow
def test_twenty_seeds_reach_the_notebook_figures(mnist, notebook_network):
    (x, y), (x_test, y_test) = mnist
    figures = []
    for seed in range(20):
        network, _ = fastnn.train(notebook_network(seed), x, y, epochs=40, learning_rate=0.1)
        output = fastnn.predict(network, x_test)
        figures.append((fastnn.accuracy(y_test, output), fastnn.mse(y_test, output)))
    accuracy, error = np.mean(figures, axis=0)
    # The notebook's own run had 0.8592 and 0.0214.
    assert abs(accuracy - 0.8592) < 0.01
    assert abs(error - 0.0214) < 0.001


def test_float32_learns_with_one_output_and_flat_targets():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(200, 2)).astype(np.float32)
    network = [FCLayer(2, 1, rng=rng)]
    returned, err = fastnn.train(network, x, x @ [1.0, -2.0] + 3, epochs=20, learning_rate=0.05)
    assert returned is network
    assert len(err) == 20
    np.testing.assert_allclose(network[0].weights.ravel(), [1, -2], atol=1e-3)  # 4,000 steps to the exact solution
    np.testing.assert_allclose(network[0].bias, [[3]], atol=1e-3)


def test_samples_with_an_axis_of_one():
    x = np.array([[[0, 0]], [[0, 1]], [[1, 0]], [[1, 1]]])
    y = np.array([[[0]], [[1]], [[1]], [[0]]])
    a, b = small_xor(), small_xor()
    _, err = fastnn.train(a, x, y, epochs=5)
    _, flat = fastnn.train(b, x.reshape(4, 2), y.reshape(4, 1), epochs=5)
    assert err == flat


def small_xor():
    rng = np.random.default_rng(0)
    return [FCLayer(2, 3, rng=rng), ActivationLayer(fastnn.tanh, fastnn.tanh_prime), FCLayer(3, 1, rng=rng)]


def test_shuffle_follows_the_generator():
    x, y = data()
    runs = [
        fastnn.train(small_network(own=own), x, y, 4, shuffle=True, rng=np.random.default_rng(seed), batch_size=4)[1]
        for own, seed in ((False, 3), (False, 3), (True, 3), (False, 4))
    ]
    assert runs[0] == runs[1]
    np.testing.assert_allclose(runs[0], runs[2], rtol=1e-12)  # the same sums by both executors
    assert runs[0] != runs[3]


def test_own_loss():
    x, y = data()
    _, own = fastnn.train(small_network(), x, y, 3, loss=lambda t, p: fastnn.mse(t, p), loss_prime=fastnn.mse_prime)
    _, built_in = fastnn.train(small_network(), x, y, 3)
    np.testing.assert_allclose(own, built_in, rtol=1e-12)  # the same sums by both executors


def test_subclass_that_overrides_forward_is_called():
    calls = []

    class Counting(FCLayer):
        def forward(self, input):
            calls.append(1)
            return super().forward(input)

    fastnn.train([Counting(12, 3)], *(a.reshape(23, -1) for a in data()), 1)
    assert len(calls) == 23


def test_inputs_of_any_layout_and_read_only():
    x, y = data()
    expected = fastnn.train(small_network(), x, y, 2)[1]
    wide = np.zeros((23, 3, 8))
    wide[:, :, ::2] = x
    frozen = x.copy()
    frozen.flags.writeable = False
    for same in (wide[:, :, ::2], np.asfortranarray(x), frozen, x.astype(">f8"), x.tolist()):
        assert fastnn.train(small_network(), same, y, 2)[1] == expected


def test_zero_epochs_change_nothing():
    network = small_network()
    before = network[1].weights.copy()
    assert fastnn.train(network, *data(), epochs=0) == (network, [])
    np.testing.assert_array_equal(network[1].weights, before)


@pytest.mark.parametrize("own", [False, True], ids=["engine", "layers"])
def test_diverging_stops_and_restores(own):
    network = small_network("relu", softmax=False, own=own)
    x, y = data()
    before = network[1].weights.copy()
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match=r"epoch 1, batch \d+; .*network\[\d\]"):
        fastnn.train(network, x * 1e30, y, 5, 1e300)
    np.testing.assert_array_equal(network[1].weights, before)


X, Y = data()
NAN = X.copy()
NAN[2, 1, 3] = np.nan


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x_train": X[:, :2]}, ValueError, r"x_train must have shape \(samples, 3, 4\)"),
        ({"x_train": X[0]}, ValueError, "x_train must hold a batch"),
        ({"x_train": X[:0], "y_train": Y[:0]}, ValueError, "x_train must hold at least one sample"),
        ({"x_train": X.astype(object)}, TypeError, "x_train must hold real numbers"),
        ({"x_train": X.astype(complex)}, TypeError, "x_train must hold real numbers"),
        ({"x_train": [[1.0], [1.0, 2.0]]}, TypeError, "rows differ"),
        ({"x_train": NAN}, ValueError, r"x_train\[2, 1, 3\] is nan"),
        ({"x_train": np.where(X > 0, np.inf, X)}, ValueError, "x_train must hold finite"),
        ({"y_train": Y[:5]}, ValueError, "y_train must have as many samples"),
        ({"y_train": Y.argmax(1)}, ValueError, "to_categorical"),
        ({"y_train": Y[:, :2]}, ValueError, r"y_train must have shape \(23, 3\)"),
        ({"y_train": np.where(Y == 1, np.inf, Y)}, ValueError, "y_train must hold finite"),
        ({"epochs": -1}, ValueError, "epochs"),
        ({"epochs": 2.5}, TypeError, "epochs"),
        ({"learning_rate": np.nan}, ValueError, "learning_rate"),
        ({"learning_rate": -0.1}, ValueError, "learning_rate"),
        ({"learning_rate": "fast"}, TypeError, "learning_rate"),
        ({"batch_size": 0}, ValueError, "batch_size"),
        ({"rng": 3}, TypeError, "rng must be a numpy.random.Generator"),
        ({"loss": lambda t, p: 0.0}, TypeError, "loss_prime is missing"),
        ({"network": []}, ValueError, "network must have at least one layer"),
        ({"network": "net"}, TypeError, "network must be a list"),
        ({"network": [FCLayer]}, TypeError, r"network\[0\] must be a layer"),
        ({"network": [FCLayer(12, 4), FCLayer(5, 3)]}, ValueError, r"network\[1\] \(FCLayer\) expects 5 inputs"),
        ({"network": [FlattenLayer((3, 4)), SoftmaxLayer(3)]}, ValueError, "expects 3 inputs"),
    ],
)
def test_refuses(arguments, error, message):
    network = small_network()
    before = [network[1].weights.copy(), network[3].weights.copy()]
    with pytest.raises(error, match=message):
        fastnn.train(**{"network": network, "x_train": X, "y_train": Y, "epochs": 1} | arguments)
    np.testing.assert_array_equal(network[1].weights, before[0])
    np.testing.assert_array_equal(network[3].weights, before[1])


def test_refuses_weights_that_are_not_finite():
    network = small_network()
    network[1].weights[0, 0] = np.inf
    with pytest.raises(ValueError, match=r"network\[1\] \(FCLayer\).weights"):
        fastnn.train(network, X, Y)
