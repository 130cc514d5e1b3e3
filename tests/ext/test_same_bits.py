"""The same bits: however many threads there are, however the rows are split, and whether zeros are visited or not."""

import numpy as np
import pytest
from cases import some
from kernel_sizes import COLUMN_GROUP, DEPTH_BLOCK, FEW_ROWS, PREDICTION, TRAINING, around, packed_rows
from making import training_of
from plain_training import RULES, bytes_of, copied, data_of, network_of, outputs_of, parameters_of, plan_of

from fastnn_ext.runtime import pool
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())
both_losses = pytest.mark.parametrize("loss", [Loss.MEAN_SQUARED_ERROR, Loss.CROSS_ENTROPY], ids=lambda loss: loss.name)


@pytest.fixture(autouse=True)
def restored():
    before = pool.get_num_threads()
    yield
    pool.set_num_threads(before)


def trained(network, inputs, x, y, batch_size, loss, rule, isa=None, epochs=2, **how):
    """The bytes of the mean losses and of all parameters after some shuffled epochs."""
    network = copied(network)
    training = training_of(plan_of(network, inputs, network_dtype(network), isa), x, y, batch_size, loss, **rule, **how)
    rng = np.random.default_rng(5)
    errors = [training.run_epoch(rng.permutation(len(x)) if epoch else None) for epoch in range(epochs)]
    return [np.array(errors).tobytes(), *bytes_of(network)]


def network_dtype(network):
    return parameters_of(network)[0].dtype


# So wide that a sparse first layer is sorted by column, and that two threads share the second one's columns.
WIDE = TRAINING["WIDE_FIRST_LAYER"] + 10
SHARED = 2 * COLUMN_GROUP + 1
LARGE = (WIDE, Activation.RELU, SHARED + 43, Activation.TANH, 10, "softmax")


@both_dtypes
@pytest.mark.parametrize("rule", RULES)
def test_threads_change_no_bit_of_a_large_training(dtype, rule):
    network, width = network_of(LARGE, 784, dtype)
    for density in some((0.2, 1.0), 2, list(RULES).index(rule) + (dtype == np.float64)):
        x, y = data_of(784, width, 140, dtype, density)
        assert_threads_change_no_bit(network, x, y, dtype, rule)


def assert_threads_change_no_bit(network, x, y, dtype, rule):
    results = []
    for threads in (1, 2, 3, 8):
        pool.set_num_threads(threads)
        training = training_of(plan_of(network, 784, dtype), x, y, 64, Loss.CROSS_ENTROPY, **RULES[rule])
        assert training.threads == threads, "a step of this size is worth eight threads"
        results.append(trained(network, 784, x, y, 64, Loss.CROSS_ENTROPY, RULES[rule], epochs=1))
        assert pool.started_threads() >= threads - 1
    assert all(result == results[0] for result in results)


# Fewer columns or rows than threads, and numbers that no thread count divides.
ODD = [
    ((3, Activation.RELU, 2), 7, 5),
    ((COLUMN_GROUP + 1, Activation.SIGMOID, SHARED, Activation.LEAKY_RELU, 3, "softmax"), 65, 33),
    ((WIDE, Activation.RELU, COLUMN_GROUP + 2, Activation.TANH, 17, "softmax"), 131, 40),
    ((17, Activation.TANH, SHARED + 43, "softmax"), 300, 2),
    ((Activation.TANH, COLUMN_GROUP + 22, "softmax"), 33, 7),
    ((8 * COLUMN_GROUP + 1,), 5, 3),
    ((TRAINING["WIDTH_WORTH_PACKING"],), DEPTH_BLOCK + 1, packed_rows(TRAINING["WIDTH_WORTH_PACKING"])),
    ((2 * COLUMN_GROUP, Activation.RELU, COLUMN_GROUP, "softmax"), 33, 3 * packed_rows(2 * COLUMN_GROUP)),
]


@pytest.mark.parametrize(("parts", "inputs", "batch_size"), ODD)
@both_dtypes
@every_isa
def test_threads_change_no_bit_of_odd_trainings(parts, inputs, batch_size, dtype, isa):
    network, width = network_of(parts, inputs, dtype)
    x, y = data_of(inputs, width, batch_size + 3, dtype, 0.5)
    turn = ODD.index((parts, inputs, batch_size)) + supported_isas().index(isa) + (dtype == np.float64)
    for place, loss in enumerate(some(Loss, 2, turn) if "softmax" in parts else [Loss.MEAN_SQUARED_ERROR]):
        for rule, sparse in (("sgd", False), ("nesterov", True)):
            how = {"isa": isa, "sparse": sparse}
            alone = trained(network, inputs, x, y, batch_size, loss, RULES[rule], threads=1, **how)
            for threads in some((2, 3, 8), 3, turn + place + sparse):
                together = trained(network, inputs, x, y, batch_size, loss, RULES[rule], threads=threads, **how)
                assert together == alone, (threads, loss, rule)


@pytest.mark.parametrize("rule", RULES)
@both_dtypes
@every_isa
def test_leaving_out_zeros_changes_nothing_in_batches(rule, dtype, isa):
    # Narrow, middling and wide first layers are updated by different code.
    for units in (3, 16, TRAINING["WIDEST_BY_ROW"] - 8, WIDE):
        network, width = network_of((units, Activation.TANH, 3, "softmax"), 101, dtype)
        for density in (0.0, 0.3, 1.0):
            x, y = data_of(101, width, 20, dtype, density)
            results = []
            for sparse in (False, True):
                learner = copied(network)
                plan = plan_of(learner, 101, dtype, isa)
                training = training_of(plan, x, y, 7, Loss.CROSS_ENTROPY, **RULES[rule], sparse=sparse)
                assert training.sparse == sparse
                results.append((training.run_epoch(), training.run_epoch(), learner))
            assert results[0][:2] == results[1][:2], (units, density)
            for dense, listed in zip(*(parameters_of(result[2]) for result in results), strict=True):
                # A skipped step may leave -0 where a step of zero gives 0.
                assert np.array_equal(dense, listed), (units, density)


@both_losses
@every_isa
@pytest.mark.parametrize("density", [0.0, 0.3, 1.0])
def test_leaving_out_zeros_changes_no_more_than_the_order_of_sums_sample_by_sample(loss, isa, density):
    network, width = network_of((40, Activation.TANH, 3, "softmax"), 101)
    x, y = data_of(101, width, 20, density=density)
    learners = []
    for sparse in (False, True):
        learners.append(copied(network))
        training_of(plan_of(learners[-1], 101, isa=isa), x, y, 1, loss, **RULES["sgd"], sparse=sparse).run_epoch()
    for dense, listed in zip(*map(parameters_of, learners), strict=True):
        # Entries take turns in four sums, and which goes to which depends on the zeros between them.
        np.testing.assert_allclose(dense, listed, rtol=1e-12, atol=1e-14)


def mixed_rows(samples, inputs, dtype):
    """Full and nearly empty rows next to each other, so that blocks of them are run in different ways."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(samples, inputs))
    x[rng.random(x.shape) > rng.choice([0.0, 0.1, 0.5, 1.0], size=(samples, 1))] = 0
    return x.astype(dtype)


PACKED = PREDICTION["WIDTH_WORTH_PACKING"]
DEEP = {kind.name: (5 * PACKED, kind, PACKED, Activation.RELU, 2 * PACKED, kind, 17, "softmax") for kind in Activation}


@pytest.mark.parametrize("kind", DEEP)
@both_dtypes
@every_isa
def test_any_split_of_a_prediction_gives_the_same_bits(kind, dtype, isa):
    network, _ = network_of(DEEP[kind], 131, dtype)
    plan = plan_of(network, 131, dtype, isa)
    block = PREDICTION["BLOCK_ROWS"]
    x = mixed_rows(block + 38, 131, dtype)
    whole = plan.predict(x)
    for size in (1, 7, *around(FEW_ROWS, packed_rows(5 * PACKED), block), len(x) - 1):
        parts = [plan.predict(x[start : start + size]) for start in range(0, len(x), size)]
        assert np.concatenate(parts).tobytes() == whole.tobytes(), size


@both_dtypes
@every_isa
def test_weights_that_each_block_packs_for_itself_give_the_same_bits(dtype, isa):
    units = 600
    inputs = PREDICTION["LARGEST_KEPT_PANELS"] // (units * np.dtype(dtype).itemsize) + 1
    network, _ = network_of((units, Activation.RELU, 5), inputs, dtype)
    plan = plan_of(network, inputs, dtype, isa)
    x = mixed_rows(PREDICTION["LARGE_BLOCK_ROWS"] + 17, inputs, dtype)
    pool.set_num_threads(1)
    whole = plan.predict(x)
    exact = outputs_of(copied(network, np.float64), x.astype(np.float64))[-1]
    # Sums of up to two thousand terms, whose sum is of size one.
    np.testing.assert_allclose(whole, exact, rtol=0, atol=1000 * np.finfo(dtype).eps)
    for size in (7, packed_rows(units), PREDICTION["BLOCK_ROWS"] + 1):
        parts = [plan.predict(x[start : start + size]) for start in range(0, len(x), size)]
        assert np.concatenate(parts).tobytes() == whole.tobytes(), size
    for threads in (2, 3):
        pool.set_num_threads(threads)
        assert plan.predict(x).tobytes() == whole.tobytes(), threads


@both_dtypes
@every_isa
def test_threads_change_no_bit_of_a_prediction(dtype, isa):
    network, _ = network_of(LARGE, 784, dtype)
    plan = plan_of(network, 784, dtype, isa)
    x = mixed_rows(150, 784, dtype)
    results = []
    for threads in (1, 2, 3, 8):
        pool.set_num_threads(threads)
        results.append((plan.predict(x).tobytes(), plan.predict(x[:9]).tobytes()))
        assert pool.started_threads() >= threads - 1, "150 rows of this network are worth eight threads"
    assert all(result == results[0] for result in results)
