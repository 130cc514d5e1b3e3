"""Predictions: shapes, splits, and users' own layers."""

import copy
import pickle

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


# The plan that the first layer remembers.


@pytest.mark.parametrize(
    "copy_of", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))], ids=["deepcopy", "pickle"]
)
def test_a_copy_predicts_with_its_own_weights(copy_of):
    net, x = network(), np.random.default_rng(0).normal(size=(5, 3, 4))
    before = fastnn.predict(net, x)
    twin = copy_of(net)
    assert twin[0]._plan is None, "the original's plan reads the original's weights"
    twin[1].weights = twin[1].weights * 2
    assert fastnn.predict(net, x).tobytes() == before.tobytes()
    np.testing.assert_allclose(fastnn.predict(twin, x), by_hand(twin, x), rtol=1e-13)
    net[3].bias = net[3].bias * 2
    np.testing.assert_allclose(fastnn.predict(twin, x), by_hand(twin, x), rtol=1e-13)
    np.testing.assert_allclose(fastnn.predict(net, x), by_hand(net, x), rtol=1e-13)


def test_a_copy_of_one_layer_is_no_part_of_the_network():
    net, x = network(), np.random.default_rng(0).normal(size=(5, 3, 4))
    fastnn.predict(net, x)
    other = [*net[:1], copy.deepcopy(net[1]), *net[2:]]
    other[1].weights = other[1].weights * 3
    np.testing.assert_allclose(fastnn.predict(other, x), by_hand(other, x), rtol=1e-13)
    np.testing.assert_allclose(fastnn.predict(net, x), by_hand(net, x), rtol=1e-13)


@pytest.mark.parametrize("samples", [1, 2, 50])
def test_changed_weights_are_seen_at_once(samples):
    net, x = network(), np.random.default_rng(0).normal(size=(samples, 3, 4))
    rng = np.random.default_rng(3)
    for _ in range(3):
        np.testing.assert_allclose(fastnn.predict(net, x), by_hand(net, x), rtol=1e-13)
        net[1].weights, net[3].bias = rng.normal(size=(12, 7)), rng.normal(size=3)
    net[3].weights[...] = rng.normal(size=(7, 3))
    np.testing.assert_allclose(fastnn.predict(net, x), by_hand(net, x), rtol=1e-13)
    fastnn.train(net, x, np.eye(3)[rng.integers(3, size=samples)], epochs=1)
    np.testing.assert_allclose(fastnn.predict(net, x), by_hand(net, x), rtol=1e-13)


def test_a_changed_list_is_seen_at_once():
    net, x = network(), np.random.default_rng(0).normal(size=(5, 3, 4))
    rng = np.random.default_rng(3)
    fastnn.predict(net, x)
    net[3] = FCLayer(7, 3, rng=rng, dtype=np.float64)
    np.testing.assert_allclose(fastnn.predict(net, x), by_hand(net, x), rtol=1e-13)
    net.append(FCLayer(3, 2, rng=rng, dtype=np.float64))
    expected = by_hand(net, x) @ net[5].weights + net[5].bias
    np.testing.assert_allclose(fastnn.predict(net, x), expected, rtol=1e-12)
    del net[4:]
    logits = np.log(by_hand(net, x))
    result = fastnn.predict(net, x)
    # Softmax forgets what all logits have in common.
    np.testing.assert_allclose(result - result[:, :1], logits - logits[:, :1], rtol=1e-11, atol=1e-13)
    net[3] = FCLayer(8, 3)
    with pytest.raises(ValueError, match=r"network\[3\] \(FCLayer\) expects 8 inputs"):
        fastnn.predict(net, x)
    net.clear()
    with pytest.raises(ValueError, match="at least one layer"):
        fastnn.predict(net, x)


def test_networks_that_share_their_first_layer():
    one, x = network(), np.random.default_rng(0).normal(size=(5, 3, 4))
    other = [one[0], *network()[1:]]
    other[1].weights = other[1].weights * 3
    for _ in range(3):
        for net in (one, other, one[:2]):
            expected = by_hand(net, x) if len(net) > 2 else x.reshape(5, 12) @ net[1].weights + net[1].bias
            np.testing.assert_allclose(fastnn.predict(net, x), expected, rtol=1e-13)


def test_a_tuple_is_a_network():
    net, x = network(), np.random.default_rng(0).normal(size=(5, 3, 4))
    for _ in range(2):
        assert fastnn.predict(tuple(net), x).tobytes() == fastnn.predict(net, x).tobytes()
    fastnn.train(tuple(net), x, np.eye(3)[[0, 1, 2, 0, 1]], epochs=1)
    np.testing.assert_allclose(fastnn.predict(tuple(net), x), by_hand(net, x), rtol=1e-13)


# Data, and the array for the result.


@pytest.mark.parametrize("samples", [1, 6, 70])
def test_every_layout_gives_the_same_bits(tmp_path, samples):
    x = np.random.default_rng(0).normal(size=(samples, 3, 4))
    expected = fastnn.predict(network(), x).tobytes()
    np.save(tmp_path / "x.npy", x)
    frozen = x.copy()
    frozen.flags.writeable = False
    wide = np.zeros((2 * samples, 3, 8))
    wide[::2, :, 2:6] = x
    for same in (
        np.load(tmp_path / "x.npy", mmap_mode="r"),
        frozen,
        wide[::2, :, 2:6],
        x[::-1].copy()[::-1],
        np.asfortranarray(x),
        x.astype(">f8"),
        x.tolist(),
    ):
        assert fastnn.predict(network(), same).tobytes() == expected


def test_out_is_written_and_returned():
    net, x = network(np.float32), np.random.default_rng(0).normal(size=(5, 3, 4))
    out = np.full((5, 3), np.nan, np.float32)
    for same in (x, x.tolist(), np.asfortranarray(x)):
        assert fastnn.predict(net, same, out) is out
        assert out.tobytes() == fastnn.predict(net, x).tobytes()
        out[...] = np.nan
    empty = np.empty((0, 3), np.float32)
    assert fastnn.predict(net, x[:0], out=empty) is empty


class Doubling:
    def forward(self, input):
        return input * 2

    def backward(self, output_error, learning_rate):
        return output_error


@pytest.mark.parametrize("own", [[], [Doubling()]], ids=["compiled", "layers"])
@pytest.mark.parametrize(
    ("out", "error"),
    [
        (np.zeros((4, 3)), ValueError),
        (np.zeros((5, 3, 1)), ValueError),
        (np.zeros((5, 3), int), TypeError),
        (np.broadcast_to(0.0, (5, 3)), (TypeError, ValueError)),
        ([[0.0] * 3] * 5, (TypeError, ValueError)),
        (True, (TypeError, ValueError)),
    ],
    ids=["shape", "dimensions", "dtype", "read-only", "list", "bool"],
)
def test_bad_out(own, out, error):
    before = np.array(out)
    with pytest.raises(error):
        fastnn.predict([*network(), *own], np.ones((5, 3, 4)), out)
    assert np.array_equal(np.array(out), before)


@pytest.mark.parametrize("prepared", [False, True], ids=["at first", "again"])
def test_out_in_the_memory_of_the_input(prepared):
    net, memory = network(), np.ones(80)
    x, out = memory[:60].reshape(5, 3, 4), memory[50:65].reshape(5, 3)
    if prepared:
        fastnn.predict(net, x)
    with pytest.raises(ValueError, match="out must not share memory"):
        fastnn.predict(net, x, out)
    assert (memory == 1).all()


@pytest.mark.parametrize("prepared", [False, True], ids=["at first", "again"])
@pytest.mark.parametrize(
    ("bad", "message"),
    [(np.nan, r"input\[3, 2, 1\] is nan"), (-np.inf, r"input\[3, 2, 1\] is -inf"), (1e300, "input reaches 1e.300")],
)
def test_numbers_that_the_network_cannot_hold(prepared, bad, message):
    net, x = network(np.float32), np.ones((5, 3, 4))
    if prepared:
        fastnn.predict(net, x)
    x[3, 2, 1] = bad
    with pytest.raises(ValueError, match=message):
        fastnn.predict(net, x)
