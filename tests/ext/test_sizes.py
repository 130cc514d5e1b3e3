"""Sizes one below, at and above every constant by which kernels choose their way, against plain float64 NumPy."""

import numpy as np
import pytest
from cases import some
from kernel_sizes import COLUMN_GROUP, DEPTH_BLOCK, PREDICTION, TRAINING, around, kernels_of, packed_rows
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

from fastnn_ext.engine.layout import layout
from fastnn_ext.runtime import pool
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())
DEPTHS = [*around(DEPTH_BLOCK), 2 * DEPTH_BLOCK, 2 * DEPTH_BLOCK + 1]
TANH, RELU = Activation.TANH, Activation.RELU
PACKED_ROWS, PACKED_WIDTH = TRAINING["ROWS_WORTH_PACKING"], TRAINING["WIDTH_WORTH_PACKING"]


def test_every_instruction_set_has_the_same_names_and_thresholds():
    every = [layout(isa) for isa in supported_isas()]
    of_its_own = {"LANES", "PANEL", "TILE_ROWS", "CACHED_ROWS"}
    assert layout()["kernels"] in [each["kernels"] for each in every]
    for each in every:
        assert each.keys() == {"kernels", "prediction", "training"}
        assert each["kernels"].keys() == every[0]["kernels"].keys()
        assert all(each["kernels"][name] == every[0]["kernels"][name] for name in each["kernels"].keys() - of_its_own)
        assert each["kernels"]["PANEL"] == tuple(2 * lanes for lanes in each["kernels"]["LANES"])


def test_an_unknown_instruction_set_has_no_layout():
    with pytest.raises(ValueError, match=r"isa must be one of .*, but it is 'mmx'"):
        layout("mmx")


@pytest.mark.parametrize("kind", [None, RELU, TANH], ids=str)
@pytest.mark.parametrize("depth", DEPTHS)
@both_dtypes
@every_isa
def test_a_packed_product_goes_on_through_every_block_of_depth(kind, depth, dtype, isa):
    own = kernels_of(isa, dtype)
    width = max(PREDICTION["WIDTH_WORTH_PACKING"], own["PANEL"] + 1)
    rows = packed_rows(width) + 1
    rng = np.random.default_rng(depth)
    x = rng.normal(size=(rows, depth)).astype(dtype)
    network, _ = network_of((width,) if kind is None else (width, kind), depth, dtype)
    exact = outputs_of(copied(network, np.float64), x.astype(np.float64))[-1]
    # A sum of n terms is off by at most n eps times the sum of their absolute values, and no activation adds to that.
    (weights, bias), eps = network[0], np.finfo(dtype).eps
    allowed = (depth + 4) * eps * (np.abs(x).astype(float) @ np.abs(weights) + np.abs(bias))
    off = np.abs(plan_of(network, depth, dtype, isa).predict(x) - exact)
    assert (off <= allowed).all(), off.max()


def assert_trained_as_in_numpy(
    parts, inputs, batch_size, dtype, isas, rule="sgd", *, density=1.0, threads=1, sparse=False
):
    """Two batches, the second of other rows than the first; all threads give the bits of one."""
    network, width = network_of((*parts, 3, "softmax"), inputs, dtype)
    x, y = data_of(inputs, width, 2 * batch_size - 1, dtype, density)
    start, exact = copied(network, np.float64), copied(network, np.float64)
    right = PlainTraining(exact, x, y, batch_size, Loss.CROSS_ENTROPY, **RULES[rule]).run_epoch()
    for isa in isas:
        results = []
        for number in sorted({1, threads}):
            learner, case = copied(network), f"{isa}, {number} threads, {parts}"
            plan, how = plan_of(learner, inputs, dtype, isa), {"threads": number, "sparse": sparse}
            training = training_of(plan, x, y, batch_size, Loss.CROSS_ENTROPY, **RULES[rule], **how)
            value = training.run_epoch()
            assert (training.threads, training.sparse) == (number, sparse)
            assert value == pytest.approx(right, rel=1e-11 if dtype == np.float64 else 1e-4), case
            assert_learnt(learner, exact, start, case)
            results.append([value, *bytes_of(learner)])
        assert results[0] == results[-1], case


@pytest.mark.parametrize("depth", DEPTHS)
@both_dtypes
def test_training_goes_on_through_every_block_of_depth(depth, dtype):
    # Two threads also in one of the dtypes at each depth.
    for threads in some([(1,), (1, 2)], 2, DEPTHS.index(depth) + (dtype == np.float64))[-1]:
        # Wide enough to be packed in training, too, and shared by columns by the threads; then the gradient's way back.
        width = threads * COLUMN_GROUP
        assert width >= PACKED_WIDTH
        assert_trained_as_in_numpy((width, TANH), depth, PACKED_ROWS, dtype, supported_isas(), threads=threads)
        assert_trained_as_in_numpy((4, TANH, depth, TANH), 5, 7, dtype, supported_isas(), threads=threads)


@pytest.mark.parametrize("units", around(PACKED_WIDTH))
@pytest.mark.parametrize("batch_size", around(PACKED_ROWS))
@both_dtypes
def test_training_around_where_packing_pays(units, batch_size, dtype):
    assert_trained_as_in_numpy((units, TANH, units, TANH), 9, batch_size, dtype, supported_isas())


@pytest.mark.parametrize("rule", ["sgd", "adam"])
@both_dtypes
@every_isa
def test_training_around_narrow_and_wide_sparse_first_layers(rule, dtype, isa):
    own = kernels_of(isa, dtype)
    narrow = min(own["BY_ROW_VECTORS"] * own["LANES"], TRAINING["WIDEST_BY_ROW"])
    group = own["PANEL_VECTORS"] * own["LANES"]
    for units in around(narrow, TRAINING["WIDEST_BY_ROW"], group, TRAINING["WIDE_FIRST_LAYER"]):
        assert_trained_as_in_numpy((units, TANH), 23, 6, dtype, [isa], rule, density=0.2, threads=2, sparse=True)


@pytest.mark.parametrize("rule", ["sgd", "adam"])
@both_dtypes
@every_isa
def test_training_around_what_a_cache_holds_of_a_sparse_panel(rule, dtype, isa):
    # From so many rows on, fewer vectors of columns are taken at a time; and from more on, the fewest.
    own = kernels_of(isa, dtype)
    most = own["CACHED_BYTES"] // (own["LANES"] * np.dtype(dtype).itemsize)
    units = TRAINING["WIDE_FIRST_LAYER"]
    for batch_size in around(most // own["PANEL_VECTORS"], most // 4):
        if batch_size <= 300:
            assert_trained_as_in_numpy((units, TANH), 5, batch_size, dtype, [isa], rule, density=0.2, sparse=True)


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@both_dtypes
def test_training_around_layers_shared_by_columns(threads, sparse, dtype):
    isas = some(supported_isas(), 2, threads + sparse + (dtype == np.float64))
    how = {"density": 0.2 if sparse else 1.0, "threads": threads, "sparse": sparse}
    for units in around(threads * TRAINING["FIRST_COLUMN_GROUP"]):
        assert_trained_as_in_numpy((units, TANH), 9, 7, dtype, isas, "nesterov", **how)
    for units in around(threads * COLUMN_GROUP):
        assert_trained_as_in_numpy((5, TANH, units, TANH), 9, 7, dtype, isas, "nesterov", **how)


LARGE_BATCH, WIDE = TRAINING["LARGE_BATCH"], TRAINING["LARGE_OUTPUTS"] // 1024
NARROW = TRAINING["WIDEST_BY_ROW"]


@pytest.mark.parametrize(
    ("name", "batch_size", "units"),
    [
        ("DENSEST_BATCH", 4, 3),
        ("DENSEST_SAMPLE", 1, 3),
        ("DENSEST_BATCH", LARGE_BATCH - 1, 3),
        ("DENSEST_LARGE_BATCH", LARGE_BATCH, NARROW + 1),
        ("DENSEST_BATCH", 1024, WIDE - 1),
        ("DENSEST_LARGE_BATCH", 1024, WIDE),
    ],
)
def test_zeros_are_left_out_up_to_a_share_of_the_rest(name, batch_size, units):
    inputs, most = 100, round(100 * TRAINING[name])
    for count in around(most):
        x = np.zeros((max(TRAINING["ROWS_PROBED"], batch_size), inputs))
        x[:, :count] = 1
        plan = plan_of(network_of((units,), inputs)[0], inputs)
        y = np.zeros((len(x), units))
        training = training_of(plan, x, y, batch_size, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"])
        assert training.sparse == (count <= most), count


@pytest.mark.parametrize("units", [1, NARROW])
@both_dtypes
def test_large_batches_of_a_narrow_layer_are_listed_by_long_vectors(dtype, units):
    assert TRAINING["DENSEST_LARGE_BATCH"] < 0.2 < TRAINING["DENSEST_BATCH"]
    x, y = data_of(100, units, LARGE_BATCH, dtype, 0.2)
    for isa in supported_isas():
        plan = plan_of(network_of((units,), 100, dtype)[0], 100, dtype, isa=isa)
        training = training_of(plan, x, y, LARGE_BATCH, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"])
        assert training.sparse == (isa == "avx512" and dtype == np.float32)


@pytest.fixture
def many_threads():
    before = pool.get_num_threads()
    pool.set_num_threads(PREDICTION["MAXIMUM_THREADS"] + 36)
    yield
    pool.set_num_threads(before)


def test_a_thread_has_so_much_work_at_least(many_threads):
    # A step of one layer is two products of `units` by `inputs` for each row.
    units, inputs, work = 100, 50, TRAINING["WORK_FOR_A_THREAD"]
    plan = plan_of(network_of((units,), inputs)[0], inputs)
    for wanted in (1, 2, 5):
        for rows, threads in ((-1, max(1, wanted - 1)), (0, wanted), (1, wanted)):
            batch_size = wanted * work // (2 * units * inputs) + rows
            x, y = data_of(inputs, units, batch_size)
            assert training_of(plan, x, y, batch_size, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"]).threads == threads


def test_no_run_has_more_threads_than_it_has_room_for(many_threads):
    most = PREDICTION["MAXIMUM_THREADS"]
    network, _ = network_of((3,), 5)
    x, y = data_of(5, 3, 2 * most)
    results = []
    for asked, threads in ((1, 1), (most - 1, most - 1), (most, most), (most + 1, most)):
        learner = copied(network)
        how = {"threads": asked, "sparse": False}
        training = training_of(plan_of(learner, 5), x, y, 2 * most, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"], **how)
        assert training.threads == threads
        results.append([training.run_epoch(), *bytes_of(learner)])
    assert all(result == results[0] for result in results)
