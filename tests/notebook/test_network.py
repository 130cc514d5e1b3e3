"""The class `Network` of teaching code: one sample a step, a line an epoch, lists of (1, n) arrays."""

import pathlib
import sys

import numpy as np
import pytest

import fastnn
from fastnn import ActivationLayer, FCLayer, FlattenLayer, Network, SoftmaxLayer

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import reference

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 1, 5))
Y = RNG.uniform(-0.9, 0.9, size=(12, 1, 2))

OWN = {"activation": reference.FUNCTIONS["tanh"], "loss": (reference.mse, reference.mse_prime)}
OURS = {"activation": (fastnn.tanh, fastnn.tanh_prime), "loss": (fastnn.mse, fastnn.mse_prime)}
PAIRS = {
    "ours": (OURS["activation"], OURS["loss"]),
    "one's own": (OWN["activation"], OWN["loss"]),
    "own activation": (OWN["activation"], OURS["loss"]),
    "own loss": (OURS["activation"], OWN["loss"]),
    "own derivative": ((fastnn.tanh, OWN["activation"][1]), OURS["loss"]),
    "own gradient": (OURS["activation"], (fastnn.mse, OWN["loss"][1])),
}


class PlainLayer:
    """A layer of a notebook's own, which knows nothing of this package."""

    def __init__(self, weights, bias):
        self.layer = reference.FullyConnected(weights, bias)

    def forward_propagation(self, input_data):
        return self.layer.forward(input_data)

    def backward_propagation(self, output_error, learning_rate):
        return self.layer.backward(output_error, learning_rate)


class DerivedLayer(fastnn.Layer):
    """One derived from the package's base class, as teaching code derives its layers."""

    def __init__(self, weights, bias):
        super().__init__()
        self.weights, self.bias = np.array(weights), np.array(bias)

    def forward_propagation(self, input_data):
        self.input = input_data
        self.output = np.dot(self.input, self.weights) + self.bias
        return self.output

    def backward_propagation(self, output_error, learning_rate):
        input_error = np.dot(output_error, self.weights.T)
        self.weights -= learning_rate * np.dot(self.input.T, output_error)
        self.bias -= learning_rate * output_error
        return input_error


def built_in(weights, bias):
    layer = FCLayer(*weights.shape, dtype=np.float64)
    layer.weights, layer.bias = weights, bias
    return layer


def weights_of(inputs, outputs):
    rng = np.random.default_rng(inputs)
    return rng.normal(size=(inputs, outputs)) / 3, rng.normal(size=(1, outputs)) / 3


def network(first=built_in, activation=OURS["activation"], loss=OURS["loss"]):
    net = Network()
    net.add(first(*weights_of(5, 4)))
    net.add(ActivationLayer(*activation))
    net.add(built_in(*weights_of(4, 2)))
    net.use(*loss)
    return net


@pytest.fixture(scope="module")
def by_hand():
    """The errors of three epochs and the outputs afterwards, from plain NumPy."""
    layers = [
        reference.FullyConnected(*weights_of(5, 4)),
        reference.Activation(*reference.FUNCTIONS["tanh"]),
        reference.FullyConnected(*weights_of(4, 2)),
    ]
    # The oracle indexes samples by the first row of a batch.
    errors = reference.train(layers, X, Y[:, 0], epochs=3, rate=0.1)
    outputs = []
    for sample in X:
        for layer in layers:
            sample = layer.forward(sample)
        outputs.append(sample)
    return errors, outputs


def agrees(net, by_hand):
    # float64 sums of a handful of products, in another order.
    np.testing.assert_allclose(net.errors, by_hand[0], rtol=1e-10)
    outputs = net.predict(X)
    assert [output.shape for output in outputs] == [(1, 2)] * len(X)
    np.testing.assert_allclose(outputs, by_hand[1], rtol=1e-10)


@pytest.mark.parametrize("pair", PAIRS)
def test_functions_of_either_kind_give_the_same_numbers(pair, by_hand, capsys):
    net = network(built_in, *PAIRS[pair])
    assert net.fit(X, Y, epochs=3, learning_rate=0.1) is None
    lines = [f"epoch {epoch}/3   error={error:.6f}" for epoch, error in enumerate(by_hand[0], start=1)]
    assert capsys.readouterr().out.splitlines() == lines
    agrees(net, by_hand)


@pytest.mark.parametrize("first", [PlainLayer, DerivedLayer])
def test_layers_of_ones_own_by_the_other_names(first, by_hand, capsys):
    net = network(first)
    net.fit(X, Y, 3, 0.1, verbose=False)
    assert capsys.readouterr().out == ""
    agrees(net, by_hand)


@pytest.mark.parametrize("first", [PlainLayer, DerivedLayer])
def test_train_and_predict_take_layers_by_the_other_names(first, by_hand):
    layers, errors = fastnn.train(network(first).layers, X, Y, epochs=3, learning_rate=0.1)
    np.testing.assert_allclose(errors, by_hand[0], rtol=1e-10)
    np.testing.assert_allclose(fastnn.predict(layers, X[0]), by_hand[1][0], rtol=1e-10)


INPUTS = {
    "(samples, 1, n)": X,
    "(samples, n)": X[:, 0],
    "list of (1, n)": list(X),
    "list of lists": X.tolist(),
    "float32": X.astype(np.float32),
}


@pytest.mark.parametrize("form", INPUTS)
def test_forms_of_samples(form):
    net, again = network(), network()
    net.fit(X, Y, 1, 0.1, verbose=False)
    again.fit(INPUTS[form], Y[:, 0].tolist(), 1, 0.1, verbose=False)
    # float32 has seven digits.
    np.testing.assert_allclose(again.predict(INPUTS[form]), net.predict(X), rtol=1e-4)


def test_pictures_and_class_numbers():
    rng = np.random.default_rng(1)
    pictures, numbers = rng.normal(size=(9, 3, 2)), rng.integers(4, size=9)

    def made():
        net = Network()
        dense = FCLayer(6, 4, rng=np.random.default_rng(2), dtype=np.float64)
        for layer in (FlattenLayer((3, 2)), dense, SoftmaxLayer(4)):
            net.add(layer)
        net.use(fastnn.cross_entropy, fastnn.cross_entropy_prime)
        return net

    of_rows, of_numbers = made(), made()
    of_rows.fit(pictures, fastnn.to_categorical(numbers, 4), 2, 0.5, verbose=False)
    for form in (numbers, numbers[:, None]):
        of_numbers = made()
        of_numbers.fit(pictures, form, 2, 0.5, verbose=False)
        assert of_numbers.errors == of_rows.errors
    assert of_numbers.errors[1] < of_numbers.errors[0]
    assert [output.shape for output in of_numbers.predict(pictures)] == [(1, 4)] * 9


def test_exclusive_or_is_learnt():
    np.random.seed(0)  # noqa: NPY002 - what teaching code seeds
    x, y = np.array([[[0, 0]], [[0, 1]], [[1, 0]], [[1, 1]]]), np.array([[[0]], [[1]], [[1]], [[0]]])
    net = Network()
    for layer in (FCLayer(2, 3), FCLayer(3, 1)):
        net.add(layer)
        net.add(ActivationLayer(fastnn.tanh, fastnn.tanh_prime))
    net.use(fastnn.mse, fastnn.mse_prime)
    net.fit(x, y, epochs=1000, learning_rate=0.1, verbose=False)
    assert len(net.errors) == 1000
    assert [int(output[0, 0] > 0.5) for output in net.predict(x)] == [0, 1, 1, 0]


def test_it_is_a_sequence_of_its_layers(tmp_path):
    net = network()
    assert (len(net), list(net), net[0]) == (3, net.layers, net.layers[0])
    assert repr(net) == "Network(FCLayer, ActivationLayer, FCLayer)"
    fastnn.train(net, X, Y, epochs=1)
    np.testing.assert_array_equal(fastnn.predict(net, X), np.concatenate(net.predict(X)))
    fastnn.save_network(tmp_path / "network.npz", net)
    np.testing.assert_array_equal(fastnn.load_network(tmp_path / "network.npz")[0].weights, net[0].weights)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda net: Network().fit(X, Y, 1, 0.1), RuntimeError, "no loss: call network.use"),
        (lambda net: Network().predict(X), ValueError, "at least one layer"),
        (lambda net: net.add(3), TypeError, "must have methods forward and backward, but it is 3"),
        (lambda net: net.add(FCLayer), TypeError, "must have methods forward and backward"),
        (lambda net: net.add(FCLayer(3, 1)), ValueError, r"network\[3\] \(FCLayer\) expects 3 inputs"),
        (lambda net: net.use(lambda t, p: 0.0), TypeError, "loss_prime is missing"),
        (lambda net: net.use("mse"), TypeError, "loss must be a function of"),
        (lambda net: net.use(fastnn.mse, 2), TypeError, "loss_prime must be a function of"),
        (lambda net: net.fit(X, Y[:5], 1, 0.1), ValueError, "as many samples as x_train"),
        (lambda net: net.fit(X, Y, -1, 0.1), ValueError, "epochs must be at least 0"),
        (lambda net: setattr(net, "loss", fastnn.cross_entropy), AttributeError, "call network.use"),
    ],
)
def test_what_is_refused_leaves_it_as_it_was(call, error, message):
    net = network()
    net.fit(X, Y, 1, 0.1, verbose=False)
    before = [*net.layers], net.loss, list(net.errors), net[0].weights.copy()
    with pytest.raises(error, match=message):
        call(net)
    assert ([*net.layers], net.loss, net.errors) == before[:3]
    np.testing.assert_array_equal(net[0].weights, before[3])


def test_a_loss_that_is_not_finite_names_its_epoch():
    net = network(built_in, OWN["activation"], OWN["loss"])
    with pytest.raises(FloatingPointError, match="not finite in epoch"), np.errstate(all="ignore"):
        net.fit(X, Y, 200, 1e6, verbose=False)
    # The layers may be trained again, from weights that are not as large.
    for layer in (net[0], net[2]):
        layer.weights, layer.bias = weights_of(*layer.weights.shape)
    net.fit(X, Y, 1, 0.1, verbose=False)
