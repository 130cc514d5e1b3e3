"""Predictions: shapes, splits, and users' own layers."""

import numpy as np
import pytest

import fastnn
from fastnn import ActivationLayer, FCLayer, FlattenLayer, SoftmaxLayer


def network(dtype=np.float64):
    rng = np.random.default_rng(1)
    return [
        FlattenLayer((3, 4)),
        FCLayer(12, 7, rng=rng, dtype=dtype),
        ActivationLayer(fastnn.relu),
        FCLayer(7, 3, rng=rng, dtype=dtype),
        SoftmaxLayer(3),
    ]


def by_hand(net, x):
    hidden = np.maximum(x.reshape(-1, 12) @ net[1].weights + net[1].bias, 0)
    logits = hidden @ net[3].weights + net[3].bias
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("samples", [0, 1, 7, 64, 65, 1000])
def test_equals_the_formula(samples):
    x = np.random.default_rng(0).normal(size=(samples, 3, 4))
    net = network()
    # Sums of 12 products in another order.
    np.testing.assert_allclose(fastnn.predict(net, x), by_hand(net, x), rtol=1e-13)


def test_one_sample_gives_one_row():
    x = np.random.default_rng(0).normal(size=(3, 4))
    for sample in (x, x.ravel(), x[None], x.reshape(1, 12)):
        assert fastnn.predict(network(), sample).shape == (1, 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_split_into_batches_gives_the_same_bits(dtype):
    x = np.random.default_rng(0).normal(size=(130, 3, 4))
    whole = fastnn.predict(network(dtype), x)
    for size in (1, 7, 63, 64, 65):
        parts = [fastnn.predict(network(dtype), x[i : i + size]) for i in range(0, 130, size)]
        assert np.concatenate(parts).tobytes() == whole.tobytes(), size


def test_own_layers_see_one_sample_at_a_time():
    shapes = []

    class Own:
        def forward(self, input):
            shapes.append(input.shape)
            return input * 2

        def backward(self, output_error, learning_rate):
            return output_error

    net = network()
    x = np.random.default_rng(0).normal(size=(5, 3, 4))
    result = fastnn.predict([*net, Own()], x)
    assert shapes == [(1, 3)] * 5
    np.testing.assert_allclose(result, 2 * fastnn.predict(net, x), rtol=1e-13)  # the same sums in another order


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (np.zeros((5, 4, 3)), ValueError, r"input must have shape \(samples, 3, 4\)"),
        (np.zeros((3, 4), dtype=object), TypeError, "input must hold real numbers"),
        (np.full((3, 4), np.nan), ValueError, r"input\[0, 0\] is nan"),
        ([["a"]], TypeError, "input must hold real numbers"),
    ],
)
def test_refuses(value, error, message):
    with pytest.raises(error, match=message):
        fastnn.predict(network(), value)


def test_uint8_and_bool_are_numbers():
    x = np.random.default_rng(0).integers(0, 2, (4, 3, 4))
    expected = fastnn.predict(network(), x.astype(float))
    np.testing.assert_array_equal(fastnn.predict(network(), x.astype(np.uint8)), expected)
    np.testing.assert_array_equal(fastnn.predict(network(), x.astype(bool)), expected)
