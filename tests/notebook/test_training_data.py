"""The data that fastnn.train takes: read where they lie, checked on the way, and no weight changed by bad ones."""

import tracemalloc

import numpy as np
import pytest

import fastnn
from fastnn import ActivationLayer, FCLayer, FlattenLayer, SoftmaxLayer

SAMPLES = 23


class Passing:
    def forward(self, input):
        return input

    def backward(self, output_error, learning_rate):
        return output_error


def network(dtype=np.float64, own=False):
    rng = np.random.default_rng(1)
    return [
        FlattenLayer((3, 4)),
        FCLayer(12, 7, rng=rng, dtype=dtype),
        ActivationLayer(fastnn.relu),
        FCLayer(7, 3, rng=rng, dtype=dtype),
        SoftmaxLayer(3),
        *([Passing()] if own else []),
    ]


def data(dtype=np.float64):
    """Small whole numbers, which every dtype holds exactly."""
    rng = np.random.default_rng(2)
    x = rng.integers(0, 4, size=(SAMPLES, 3, 4)).astype(dtype)
    return x, np.eye(3, dtype=dtype)[rng.integers(3, size=SAMPLES)]


def weights_of(net):
    return [array.tobytes() for layer in net if isinstance(layer, FCLayer) for array in layer.parameters().values()]


def trained(x, y, dtype=np.float64, batch_size=4, own=False):
    net = network(dtype, own)
    rng = np.random.default_rng(3)
    _, errors = fastnn.train(net, x, y, 2, 0.1, batch_size=batch_size, shuffle=True, rng=rng)
    return errors, *weights_of(net)


both_ways = pytest.mark.parametrize("own", [False, True], ids=["compiled", "layers"])
batch_sizes = pytest.mark.parametrize("batch_size", [1, 4])


@both_ways
@batch_sizes
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float32, bool, ">f4"], ids=str)
def test_every_dtype_gives_what_its_conversion_gives(own, batch_size, dtype):
    x, y = data(dtype)
    expected = trained(x.astype(np.float64), y.astype(np.float64), batch_size=batch_size, own=own)
    np.testing.assert_equal(trained(x, y, batch_size=batch_size, own=own), expected)


@batch_sizes
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_files_and_slices_give_the_same_bits(tmp_path, batch_size, dtype):
    x, y = data(np.float32)
    expected = trained(x, y, dtype, batch_size)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    wide = np.full((2 * SAMPLES, 3, 4), 9, np.float32)
    wide[::2] = x
    classes = np.full((SAMPLES, 5), 9, np.float32)
    classes[:, 1:4] = y
    for a, b in (
        [np.load(tmp_path / name, mmap_mode="r") for name in ("x.npy", "y.npy")],
        (wide[::2], classes[:, 1:4]),
        (x[::-1].copy()[::-1], y.reshape(SAMPLES, 1, 3)),
        (x.reshape(SAMPLES, 12), y.tolist()),
    ):
        assert trained(a, b, dtype, batch_size) == expected


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_data_are_not_copied(tmp_path, dtype):
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", dtype, (4000, 500))
    x[...] = np.random.default_rng(0).integers(0, 2, size=x.shape)
    y = np.zeros((4000, 1))
    net = [FCLayer(500, 1, rng=np.random.default_rng(0))]
    tracemalloc.start()
    try:
        fastnn.train(net, x, y, 2, 1e-4, batch_size=8, shuffle=True, rng=np.random.default_rng(0))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < x.nbytes / 8


# Bad numbers in the middle of the first epoch.


@both_ways
@batch_sizes
@pytest.mark.parametrize("shuffle", [False, True], ids=["in order", "shuffled"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_bad_number_is_named_and_changes_no_weight(own, batch_size, shuffle, bad):
    for place, (name, index) in {r"x_train\[17, 2, 1\]": ("x", (17, 2, 1)), r"y_train\[9, 0\]": ("y", (9, 0))}.items():
        x, y = data()
        {"x": x, "y": y}[name][index] = bad
        net = network(own=own)
        before = weights_of(net)
        with pytest.raises(ValueError, match=rf"{place} is {bad}: remove or fill in"):
            fastnn.train(net, x, y, 2, 0.1, batch_size=batch_size, shuffle=shuffle, rng=np.random.default_rng(0))
        assert weights_of(net) == before
        # Nothing is left behind that would stop the next training.
        fastnn.train(net, *data(), 1, 0.1)
        assert weights_of(net) != before


@batch_sizes
def test_the_first_of_several_bad_numbers_is_named(batch_size):
    x, y = data()
    x[20, 0, 0] = x[17, 2, 1] = x[17, 2, 3] = np.nan
    for _ in range(3):
        with pytest.raises(ValueError, match=r"x_train\[17, 2, 1\] is nan"):
            fastnn.train(network(), x, y, 1, batch_size=batch_size, shuffle=True)


@batch_sizes
@pytest.mark.parametrize("name", ["x_train", "y_train"])
def test_a_number_too_large_for_float32_is_named(batch_size, name):
    x, y = data()
    (x if name == "x_train" else y)[17, 2] = 1e300
    net = network(np.float32)
    before = weights_of(net)
    with pytest.raises(ValueError, match=rf"{name} reaches 1e\+300, too large for float32: scale it"):
        fastnn.train(net, x, y, 2, 0.1, batch_size=batch_size)
    assert weights_of(net) == before


@both_ways
def test_zero_epochs_check_the_data(own):
    x, y = data()
    assert fastnn.train(network(own=own), x, y, 0)[1] == []
    x[17, 2, 1] = np.nan
    with pytest.raises(ValueError, match=r"x_train\[17, 2, 1\] is nan"):
        fastnn.train(network(own=own), x, y, 0)


@both_ways
@pytest.mark.parametrize("batch_size", [SAMPLES, 2**31, 2**62, 2**63, 2**70])
def test_a_batch_may_be_larger_than_all_data(own, batch_size):
    x, y = data()
    assert trained(x, y, batch_size=batch_size, own=own) == trained(x, y, batch_size=SAMPLES, own=own)


# A loss that is not finite.


@both_ways
@batch_sizes
def test_a_loss_that_is_not_finite_restores_the_weights_of_the_epochs_start(own, batch_size):
    net = network(own=own)[1:]
    x, y = data()
    x = x.reshape(SAMPLES, 12)
    fastnn.train(net, x, y, 1, 0.1, batch_size=batch_size)
    before = weights_of(net)
    net[2].weights[...] = np.abs(net[2].weights)
    net[0].weights[...] = np.abs(net[0].weights)
    start = weights_of(net)
    assert start != before
    x[17] = np.finfo(np.float64).max
    batch = 17 // batch_size + 1
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError) as caught:
        fastnn.train(net, x, y, 3, 0.1, batch_size=batch_size, optimizer=fastnn.optimizers.SGD(1e-9))
    assert f"not finite in epoch 1, batch {batch}; " in str(caught.value)
    assert "the first output that is not finite is that of network[0] (FCLayer)" in str(caught.value)
    assert "smaller learning_rate than 1e-09" in str(caught.value)
    assert weights_of(net) == start


@both_ways
@batch_sizes
def test_a_later_epoch_that_fails_keeps_the_earlier_ones(own, batch_size):
    net, twin = ([FCLayer(1, 1, dtype=np.float64), *([Passing()] if own else [])] for _ in range(2))
    for each in (net, twin):
        each[0].weights, each[0].bias = [[1e100]], [[0.0]]
    # The first epoch's loss is finite, and so are the weights after it; the second's loss is not.
    x, y = np.full((4, 1), 1.0), np.zeros((4, 1))
    how = {"learning_rate": 1e2, "batch_size": batch_size}
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match=r"epoch (\d+), batch") as caught:
        fastnn.train(net, x, y, 60, **how)
    failed = int(str(caught.value).split("epoch ")[1].split(",")[0])
    assert failed > 1
    fastnn.train(twin, x, y, failed - 1, **how)
    assert net[0].weights.tobytes() == twin[0].weights.tobytes()
    assert np.isfinite(net[0].weights).all()
