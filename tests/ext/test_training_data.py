"""How a training reads its data: every dtype and layout that it takes gives what a contiguous, converted copy gives."""

import numpy as np
import pytest
from kernel_sizes import TRAINING
from making import training_of
from plain_training import RULES, bytes_of, copied, data_of, network_of, parameters_of, plan_of

from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss

INPUTS, SAMPLES = 37, 23
ORDER = np.random.default_rng(2).permutation(SAMPLES)
NETWORK, OUTPUTS = network_of((20, Activation.RELU, 3, "softmax"), INPUTS)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())
batch_sizes = pytest.mark.parametrize("batch_size", [1, 5])


def pictures(density=0.4):
    """Whole numbers that every dtype holds exactly."""
    x, y = data_of(INPUTS, OUTPUTS, SAMPLES, density=density)
    return np.clip(np.abs(x) * 2, 0, 255).astype(np.uint8), y.astype(np.uint8)


def trained(x, y, batch_size, dtype, order=None, isa=None, sparse=None, epochs=2):
    network = copied(NETWORK, dtype)
    plan = plan_of(network, INPUTS, dtype, isa)
    training = training_of(plan, x, y, batch_size, Loss.CROSS_ENTROPY, **RULES["sgd"], sparse=sparse)
    return [training.run_epoch(order) for _ in range(epochs)], *bytes_of(network)


def every_second_row(array):
    holder = np.repeat(array, 2, axis=0)
    holder[1::2] = 77
    return holder[::2]


def left_of_a_wider_one(array):
    holder = np.full((len(array), array.shape[1] + 3), 77, array.dtype)
    holder[:, : array.shape[1]] = array
    return holder[:, : array.shape[1]]


def backwards(array):
    return array[::-1].copy()[::-1]


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


LAYOUTS = (np.array, every_second_row, left_of_a_wider_one, backwards, read_only)


@both_dtypes
@batch_sizes
@every_isa
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_every_dtype_and_layout_gives_the_same_bits(dtype, batch_size, isa, sparse):
    x, y = pictures()
    for order in (None, ORDER):
        expected = trained(x.astype(dtype), y.astype(dtype), batch_size, dtype, order, isa, sparse)
        for x_dtype in (np.uint8, np.float32, np.float64):
            for layout in LAYOUTS:
                a, b = layout(x.astype(x_dtype)), layout(y.astype(x_dtype))
                how = (x_dtype.__name__, layout.__name__, order is None)
                assert trained(a, b, batch_size, dtype, order, isa, sparse) == expected, how


@both_dtypes
@batch_sizes
def test_data_in_a_file_is_read_where_it_is(tmp_path, dtype, batch_size):
    x, y = pictures()
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    in_file = [np.load(tmp_path / name, mmap_mode="r") for name in ("x.npy", "y.npy")]
    assert all(isinstance(array, np.memmap) for array in in_file)
    assert trained(*in_file, batch_size, dtype, ORDER) == trained(x, y, batch_size, dtype, ORDER)


@both_dtypes
@batch_sizes
def test_one_row_may_stand_for_all(dtype, batch_size):
    x, y = pictures()
    many = np.broadcast_to(x[0], x.shape), np.broadcast_to(y[0], y.shape)
    assert trained(*many, batch_size, dtype) == trained(*(array.copy() for array in many), batch_size, dtype)


@both_dtypes
@batch_sizes
@every_isa
def test_an_order_gathers_what_sorted_data_would_give(dtype, batch_size, isa):
    x, y = pictures()
    for sparse in (False, True):
        shuffled = trained(x, y, batch_size, dtype, ORDER, isa, sparse)
        assert shuffled == trained(x[ORDER], y[ORDER], batch_size, dtype, None, isa, sparse)
    assert trained(x, y, batch_size, dtype, ORDER.astype(np.int32).tolist()) == trained(x, y, batch_size, dtype, ORDER)


@both_dtypes
@batch_sizes
@every_isa
@pytest.mark.parametrize("density", [0.0, 0.3, 1.0])
def test_what_the_first_epoch_noted_serves_the_later_ones(dtype, batch_size, isa, density):
    x, y = pictures(density)
    rng = np.random.default_rng(6)
    orders = [rng.permutation(SAMPLES) for _ in range(4)]
    one, many = copied(NETWORK, dtype), copied(NETWORK, dtype)
    how = {**RULES["sgd"], "sparse": True}
    training = training_of(plan_of(one, INPUTS, dtype, isa), x, y, batch_size, Loss.CROSS_ENTROPY, **how)
    for order in orders:
        fresh = training_of(plan_of(many, INPUTS, dtype, isa), x, y, batch_size, Loss.CROSS_ENTROPY, **how)
        assert training.run_epoch(order) == fresh.run_epoch(order)
        assert bytes_of(one) == bytes_of(many)


@batch_sizes
@pytest.mark.parametrize("threads", [1, 3])
def test_rows_for_which_the_index_has_no_room_are_read_again(batch_size, threads):
    # Every other row is empty, and the probe looks at those only: room is made for nothing but them.
    samples = 2 * TRAINING["ROWS_PROBED"]
    network, width = network_of((5, Activation.TANH, 3), 400)
    x, y = data_of(400, width, samples)
    x[::2] = 0
    results = []
    for sparse in (None, False):
        learner = copied(network)
        plan = plan_of(learner, 400)
        training = training_of(
            plan, x, y, batch_size, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"], sparse=sparse, threads=threads
        )
        assert training.sparse == (sparse is None)
        for _ in range(3):
            training.run_epoch(np.random.default_rng(1).permutation(samples))
        results.append(parameters_of(learner))
    for listed, dense in zip(*results, strict=True):
        # Sample by sample the terms of a sum come in another order.
        np.testing.assert_allclose(listed, dense, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    ("density", "batch_size", "rule", "sparse"),
    [
        (0.0, 1, "sgd", True),
        (0.7, 1, "sgd", True),
        (0.8, 1, "sgd", False),
        (0.3, 4, "sgd", True),
        (0.5, 4, "sgd", False),
        (0.5, 1, "adam", False),
        (0.3, 1, "adam", True),
        (1.0, 1, "sgd", False),
    ],
)
def test_zeros_are_left_out_where_there_are_enough(density, batch_size, rule, sparse):
    network, width = network_of((5, 3), 100)
    x, y = data_of(100, width, 200, density=density)
    plan = plan_of(network, 100)
    assert training_of(plan, x, y, batch_size, Loss.MEAN_SQUARED_ERROR, **RULES[rule]).sparse == sparse


@pytest.mark.parametrize("batch_size", [1, 2])
def test_more_inputs_than_sixteen_bits_number(batch_size):
    for inputs in (65_536, 70_001):
        network, width = network_of((2,), inputs)
        x, y = data_of(inputs, width, 3, density=0.1)
        x[:, -1] = 1.0
        plan = plan_of(network, inputs)
        start = copied(network)
        training = training_of(plan, x, y, batch_size, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"], sparse=True)
        assert training.sparse
        # Three inputs a thousand: few enough terms that their order hardly matters.
        np.testing.assert_allclose(plan.predict(x), x @ network[0][0] + network[0][1], rtol=1e-11)
        training.run_epoch()
        expected = copied(start)
        for first in range(0, 3, batch_size):
            rows = slice(first, first + batch_size)
            error = 2 * (x[rows] @ expected[0][0] + expected[0][1] - y[rows]) / y[rows].size
            expected[0][0][...] -= RULES["sgd"]["learning_rate"] * x[rows].T @ error
            expected[0][1][...] -= RULES["sgd"]["learning_rate"] * error.sum(axis=0)
        np.testing.assert_allclose(network[0][0], expected[0][0], rtol=1e-11, atol=1e-14)
        np.testing.assert_allclose(network[0][1], expected[0][1], rtol=1e-11, atol=1e-14)
