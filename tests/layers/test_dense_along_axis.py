"""Dense layers on samples of several axes: on the last one, as in Keras and PyTorch."""

import numpy as np
import pytest

import fastnn
from fastnn import constraints, optimizers, regularizers
from fastnn.layers import Dense, Embedding, Flatten, Input, Reshape
from fastnn.models import Sequential
from fastnn.plotting import plot_network

# Keras' own way to NumPy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RNG = np.random.default_rng(0)
SHAPES = [(4,), (3, 4), (2, 3, 4), (5, 1)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("activation", [None, "relu", "gelu"])
def test_predictions_and_shapes_are_those_of_keras(keras, shape, activation):
    x = RNG.normal(size=(6, *shape)).astype(np.float32)
    theirs = keras.Sequential([keras.Input(shape), keras.layers.Dense(7, activation), keras.layers.Dense(2)])
    ours = Sequential([Input(shape), Dense(7, activation), Dense(2)])
    ours.set_weights(theirs.get_weights())
    expected = theirs.predict(x, verbose=0)
    assert ours.output_shape == expected.shape[1:]
    # Sums of some ten products of numbers around 1.
    np.testing.assert_allclose(ours.predict(x), expected.reshape(6, -1), rtol=0, atol=2e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_steps_are_those_of_pytorch(shape):
    torch = pytest.importorskip("torch")
    x, y = RNG.normal(size=(9, *shape)), RNG.normal(size=(9, 2))
    model = Sequential([Input(shape), Dense(5, "tanh"), Dense(3), Flatten(), Dense(2)], dtype="float64", seed=0)
    model.compile(optimizers.SGD(0.1), "mse")
    weights = [torch.tensor(array, requires_grad=True) for array in model.get_weights()]
    for _ in range(4):
        for weight in weights:
            weight.grad = None
        first, one, second, two, third, three = weights
        hidden = torch.tanh(torch.tensor(x) @ first + one) @ second + two
        torch.nn.functional.mse_loss(hidden.reshape(9, -1) @ third + three, torch.tensor(y)).backward()
        with torch.no_grad():
            for weight in weights:
                weight -= 0.1 * weight.grad
        model.train_on_batch(x, y)
    for mine, theirs in zip(model.get_weights(), weights, strict=True):
        # A few steps of sums of some dozen terms of size one in another order.
        np.testing.assert_allclose(mine, theirs.detach().numpy(), rtol=0, atol=1e-12)


def test_penalties_limits_and_shared_weights(tmp_path):
    x, y = RNG.normal(size=(12, 3, 4)), RNG.normal(size=(12, 6))
    options = {"kernel_regularizer": regularizers.L1L2(0.01, 0.02), "kernel_constraint": constraints.MaxNorm(0.5)}
    rows, grids = Dense(2, **options), Dense(2, **options)
    # The same numbers as rows, three to a sample.
    models = [Sequential([Input((4,)), rows], dtype="float64"), Sequential([Input((3, 4)), grids], dtype="float64")]
    models[1].set_weights(models[0].get_weights())
    for model, data, targets in zip(models, (x.reshape(36, 4), x), (y.reshape(36, 2), y), strict=True):
        model.compile(optimizers.Adam(0.1), "mse")
        for _ in range(3):
            loss = model.train_on_batch(data, targets)
        assert loss > 0
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        # Adam divides by gradients of a hundredth.
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-11)
    models[1].save(tmp_path / "model.safetensors")
    assert fastnn.load_model(tmp_path / "model.safetensors").predict(x).tobytes() == models[1].predict(x).tobytes()
    a, b, shared = Input((3, 4)), Input((3, 4)), Dense(2)
    twins = fastnn.Model([a, b], fastnn.Subtract()([shared(a), shared(b)]), dtype="float64", seed=0)
    twins.compile("sgd", "mse")
    # What is taken from itself teaches nothing.
    before = twins.get_weights()[0].copy()
    twins.fit([x, x], np.ones((12, 6)), epochs=1, batch_size=12)
    np.testing.assert_allclose(twins.get_weights()[0], before, rtol=0, atol=1e-15)


def test_vectors_of_categories_need_no_flatten():
    parts = [Embedding(9, 4), Dense(3, "relu"), Reshape((-1,)), Dense(1)]
    model = Sequential([Input((2,)), *parts], seed=0)
    model.compile(optimizers.Adam(0.05), "mse")
    x = RNG.integers(0, 9, (30, 2))
    y = (x[:, 0] > x[:, 1]).astype(float)
    first = model.evaluate(x, y)
    model.fit(x, y, epochs=40)
    assert model.evaluate(x, y) < first / 3


REFUSED = {
    "softmax": (
        lambda path: Sequential([Input((3, 4)), Dense(2, "softmax")]),
        ValueError,
        r"dense .* its softmax goes over all numbers of a sample.*put a Flatten\(\) before it",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_work_along_an_axis_is_refused(tmp_path, what):
    act, error, message = REFUSED[what]
    with pytest.raises(error, match=message):
        act(tmp_path / "model.h")


def test_its_units_are_not_drawn():
    pytest.importorskip("matplotlib")
    with pytest.raises(ValueError, match="dense works along the last axis"):
        plot_network(Sequential([Input((3, 4)), Dense(2)]), style="units")
