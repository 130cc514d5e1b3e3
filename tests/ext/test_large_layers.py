"""Layers whose numbers come from beyond the caches: products of few rows, and updates that pack what they read."""

import numpy as np
import pytest
from kernel_sizes import FEW_ROWS, PREDICTION, TRAINING, around, kernels_of, packed_rows
from making import training_of
from plain_training import (
    RULES,
    PlainTraining,
    assert_learnt,
    bytes_of,
    copied,
    data_of,
    network_of,
    outputs_of,
    plan_of,
)

from fastnn_ext.engine.plan import NonFiniteDataError
from fastnn_ext.runtime import pool
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())

STREAMED = kernels_of(None, np.float32)
# Of no whole vector, tile or panel on any instruction set.
WIDTH = 263
# The matrix is streamed from so many rows on, and before it is not.
DEPTHS = [depth for depth in around(-(-STREAMED["STREAMED_NUMBERS"] // WIDTH)) if depth % 4]


@pytest.mark.parametrize("kind", [Activation.RELU, Activation.TANH], ids=lambda kind: kind.name)
@pytest.mark.parametrize("depth", DEPTHS)
@both_dtypes
@every_isa
def test_few_rows_are_the_rows_of_many(depth, kind, dtype, isa):
    network, _ = network_of((WIDTH, kind), depth, dtype)
    plan = plan_of(network, depth, dtype, isa)
    x = np.random.default_rng(depth).normal(size=(packed_rows(WIDTH) + 1, depth)).astype(dtype)
    many = plan.predict(x)
    exact = outputs_of(copied(network, np.float64), x.astype(np.float64))[-1]
    # Sums of some four hundred terms of size one twentieth.
    np.testing.assert_allclose(many, exact, rtol=0, atol=400 * np.finfo(dtype).eps)
    for rows in around(FEW_ROWS, STREAMED["MOST_STREAMED_ROWS"]):
        assert plan.predict(x[:rows]).tobytes() == many[:rows].tobytes(), rows


# Batch, inputs and widths; what packing and turning begin at lies between the first two of each.
WORTH, DEPTH = TRAINING["WIDTH_WORTH_PACKING"], TRAINING["UPDATE_DEPTH"]
LEAST, NARROW = -(-TRAINING["GRADIENT_WORTH_PACKING"] // WORTH), TRAINING["BATCH_WORTH_PACKING"]
GROUP = TRAINING["PACKED_GRADIENT"] // DEPTH
CACHED = max(kernels_of(isa, np.float32)["CACHED_ROWS"] for isa in supported_isas())
TRAININGS = {
    "in place": (LEAST - 1, 130, (WORTH, 7)),
    "packed": (LEAST, 130, (WORTH, 7)),
    "narrow, in place": (NARROW - 1, 61, (WORTH - 1, 7)),
    "narrow, packed": (NARROW, 61, (WORTH - 1, 7)),
    "a part of the batch": (DEPTH, 67, (TRAINING["GRADIENT_WORTH_PACKING"] // DEPTH, 7)),
    "a part and one row": (DEPTH + 1, 67, (TRAINING["GRADIENT_WORTH_PACKING"] // DEPTH, 7)),
    "in parts and blocks": (2 * DEPTH + 18, TRAINING["PACKED_INPUTS"] + 21, (GROUP + 33, 7)),
    "rows in blocks": (CACHED // WIDTH + 20, 11, (WIDTH, WIDTH + 10, 7)),
    "gradient turned": (19, 11, (WIDTH, WIDTH + 10, 7)),
    "gradient turned, shared columns": (37, 11, (2 * WIDTH, 2 * WIDTH + 10, 7)),
}


@pytest.mark.parametrize("name", TRAININGS)
@both_dtypes
@every_isa
def test_training_is_the_plain_one_on_any_number_of_threads(name, dtype, isa):
    batch, inputs, widths = TRAININGS[name]
    parts = [part for width in widths for part in (width, Activation.TANH)][:-1]
    start, outputs = network_of([*parts, "softmax"], inputs, dtype)
    # A second batch of another size.
    x, y = data_of(inputs, outputs, batch + batch // 2 + 1, dtype)
    exact = copied(start, np.float64)
    right = PlainTraining(exact, x, y, batch, Loss.CROSS_ENTROPY, **RULES["adam"]).run_epoch()
    results = []
    for threads in (1, 2, 3):
        network = copied(start)
        plan = plan_of(network, inputs, dtype, isa)
        training = training_of(plan, x, y, batch, Loss.CROSS_ENTROPY, **RULES["adam"], threads=threads, sparse=False)
        assert training.run_epoch() == pytest.approx(right, rel=1e-11 if dtype == np.float64 else 1e-4)
        assert_learnt(network, exact, copied(start, np.float64), name)
        results.append(bytes_of(network))
    assert results[1:] == results[:1] * 2


@pytest.fixture
def restored():
    before = pool.get_num_threads()
    yield
    pool.set_num_threads(before)


# So many numbers in the second layer that threads share its columns, and a single row is worth four threads.
SHARED = -(-PREDICTION["NUMBERS_WORTH_SHARING"] // WIDTH)
MOST_ROWS = PREDICTION["MOST_ROWS_BY_COLUMNS"]


def shared_network(dtype):
    return network_of((WIDTH, Activation.RELU, SHARED, Activation.TANH, WIDTH, "softmax"), 31, dtype)[0]


@pytest.mark.parametrize("density", [1.0, 0.2])
@both_dtypes
@every_isa
def test_threads_change_no_bit_of_few_rows(density, dtype, isa, restored):
    x, _ = data_of(31, 1, MOST_ROWS + 2, dtype, density)
    network = shared_network(dtype)
    plan = plan_of(network, 31, dtype, isa)
    pool.set_num_threads(1)
    right = [plan.predict(x[:rows]).tobytes() for rows in range(len(x) + 1)]
    exact = outputs_of(copied(network, np.float64), x.astype(np.float64))[-1]
    np.testing.assert_allclose(plan.predict(x), exact, rtol=0, atol=1000 * np.finfo(dtype).eps)
    for threads in (2, 3, 8):
        pool.set_num_threads(threads)
        assert [plan.predict(x[:rows]).tobytes() for rows in range(len(x) + 1)] == right, threads
    assert pool.started_threads() >= 1


# Where threads share rows, columns of what is packed for a block, these of a large block, and rows again.
BLOCK, LARGE_BLOCK = PREDICTION["BLOCK_ROWS"], PREDICTION["LARGE_BLOCK_ROWS"]
PACKING_ROWS = around(PREDICTION["ROWS_WORTH_PACKING"], BLOCK, 2 * BLOCK, LARGE_BLOCK)
PACKED = -(-PREDICTION["PACKED_WEIGHTS"] // WIDTH)


@pytest.mark.parametrize(
    "widths", [(SHARED, WIDTH), (PACKED, 7, PACKED)], ids=["not kept", "kept, small layers between"]
)
@pytest.mark.parametrize("density", [1.0, 0.2])
@both_dtypes
@every_isa
def test_threads_change_no_bit_of_rows_that_pack(density, widths, dtype, isa, restored):
    inputs = 31 if len(widths) == 2 else WIDTH
    first = (WIDTH, Activation.RELU) if len(widths) == 2 else ()
    layers = [part for width in widths for part in (width, Activation.TANH)]
    network, _ = network_of((*first, *layers, 5, "softmax"), inputs, dtype)
    plan = plan_of(network, inputs, dtype, isa)
    x, _ = data_of(inputs, 1, max(PACKING_ROWS), dtype, density)
    pool.set_num_threads(1)
    right = {rows: plan.predict(x[:rows]).tobytes() for rows in PACKING_ROWS}
    exact = outputs_of(copied(network, np.float64), x.astype(np.float64))[-1]
    np.testing.assert_allclose(plan.predict(x), exact, rtol=0, atol=1000 * np.finfo(dtype).eps)
    for threads in (2, 3):
        pool.set_num_threads(threads)
        assert {rows: plan.predict(x[:rows]).tobytes() for rows in PACKING_ROWS} == right, threads


@pytest.mark.parametrize("rows", [2 * BLOCK, LARGE_BLOCK + 1])
def test_the_first_row_that_is_not_finite_is_told_whoever_meets_it(rows, restored):
    plan = plan_of(shared_network(np.float32), 31, np.float32)
    x, _ = data_of(31, 1, rows, np.float32)
    pool.set_num_threads(2)
    for first in (0, 40, rows - 2):
        bad = x.copy()
        bad[first, 3] = bad[rows - 1, 30] = np.inf
        with pytest.raises(NonFiniteDataError) as raised:
            plan.predict(bad)
        assert raised.value.sample == first


@both_dtypes
def test_threads_that_share_columns_all_leave_a_row_that_is_not_finite(dtype, restored):
    plan = plan_of(shared_network(dtype), 31, dtype)
    x, _ = data_of(31, 1, MOST_ROWS, dtype)
    pool.set_num_threads(2)
    right = plan.predict(x).tobytes()
    for row in range(MOST_ROWS):
        bad = x.copy()
        bad[row, 7] = np.nan
        with pytest.raises(NonFiniteDataError) as raised:
            plan.predict(bad)
        assert raised.value.sample == row
    assert plan.predict(x).tobytes() == right
