"""What a training gives besides weights: outputs on record, losses without learning, single batches, progress."""

import itertools

import numpy as np
import pytest
from making import training_of
from plain_training import NETWORKS, RULES, bytes_of, copied, data_of, network_of, outputs_of, plan_of

from fastnn_ext.engine.plan import NonFiniteDataError, Plan
from fastnn_ext.engine.training import NonFiniteError
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Loss

INPUTS, SAMPLES = 12, 21
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())
every_network = pytest.mark.parametrize("name", NETWORKS)


def prepared(name, dtype=np.float64, density=1.0, samples=SAMPLES):
    network, width = network_of(NETWORKS[name], INPUTS, dtype)
    return network, *data_of(INPUTS, width, samples, dtype, density)


@every_network
@both_dtypes
@pytest.mark.parametrize("density", [1.0, 0.2])
def test_inference_learns_nothing_and_sees_what_a_prediction_gives(name, dtype, density):
    network, x, y = prepared(name, dtype, density)
    before = bytes_of(network)
    right = outputs_of(copied(network, np.float64), x.astype(float))[-1]
    for isa, (batch_size, threads) in itertools.product(supported_isas(), ((1, 1), (4, 1), (8, 3), (100, 2))):
        plan = plan_of(network, INPUTS, dtype, isa)
        training = training_of(
            plan,
            x,
            y,
            batch_size,
            Loss.MEAN_SQUARED_ERROR,
            **RULES["adam"],
            inference=True,
            record=True,
            threads=threads,
        )
        value, case = training.run_epoch(), (isa, batch_size, threads)
        assert value == pytest.approx(np.mean((right - y) ** 2), rel=1e-12 if dtype == np.float64 else 1e-5), case
        assert training.outputs.tobytes() == plan.predict(x).tobytes(), case
    assert bytes_of(network) == before


@every_network
@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize("shuffled", [False, True])
def test_the_record_holds_what_the_losses_came_from(name, batch_size, shuffled):
    network, x, y = prepared(name)
    order = np.random.default_rng(3).permutation(SAMPLES) if shuffled else np.arange(SAMPLES)
    training = training_of(
        plan_of(network, INPUTS), x, y, batch_size, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"], record=True
    )
    value = training.run_epoch(order if shuffled else None)
    assert np.mean((training.outputs - y) ** 2) == pytest.approx(value, rel=1e-12)
    first = order[:batch_size]
    start, *_ = prepared(name)
    np.testing.assert_allclose(training.outputs[first], outputs_of(start, x[first])[-1], rtol=0, atol=1e-13)


def test_no_record_is_kept_unasked():
    network, x, y = prepared("relu")
    training = training_of(plan_of(network, INPUTS), x, y, 4, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"])
    training.run_epoch()
    assert training.outputs is None


@every_network
@pytest.mark.parametrize("rule", ["sgd", "adam"])
@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize("sparse", [False, True])
def test_single_batches_are_an_epoch(name, rule, batch_size, sparse):
    whole, x, y = prepared(name, density=0.3)
    parts = copied(whole)
    how = {**RULES[rule], "sparse": sparse, "keep_index": False}
    value = training_of(plan_of(whole, INPUTS), x, y, batch_size, Loss.MEAN_SQUARED_ERROR, **how).run_epoch()
    first = slice(0, batch_size)
    training = training_of(plan_of(parts, INPUTS), x[first], y[first], batch_size, Loss.MEAN_SQUARED_ERROR, **how)
    total = 0.0
    for start in range(0, SAMPLES, batch_size):
        rows = slice(start, start + batch_size)
        total += training.run_batch(x[rows].copy(), y[rows].copy()) * len(x[rows])
    assert total / SAMPLES == pytest.approx(value, rel=1e-14)
    assert bytes_of(parts) == bytes_of(whole)


def test_a_batch_may_be_of_another_dtype():
    network, x, y = prepared("relu, softmax")
    pixels = np.random.default_rng(0).integers(0, 2, size=x.shape)
    training = training_of(plan_of(network, INPUTS), x, y, SAMPLES, Loss.CROSS_ENTROPY, **RULES["sgd"], inference=True)
    losses = [training.run_batch(pixels.astype(dtype), y) for dtype in (np.float64, np.float32, np.uint8)]
    assert losses[0] == losses[1] == losses[2]
    numbers = np.argmax(y, axis=1).astype(np.int32).reshape(-1, 1)
    assert training.run_batch(pixels.astype(np.uint8), numbers) == losses[0]


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        (np.zeros((5, INPUTS)), np.zeros((5, 3)), ValueError, "from 1 to 4 rows"),
        (np.zeros((0, INPUTS)), np.zeros((0, 3)), ValueError, "from 1 to 4 rows"),
        (np.zeros((2, INPUTS + 1)), np.zeros((2, 3)), ValueError, r"x must have shape \(samples, 12\)"),
        (np.zeros((2, INPUTS)), np.zeros((2, 2)), ValueError, r"y must have shape \(samples, 3\)"),
        (np.zeros((2, INPUTS)), np.zeros((3, 3)), ValueError, "y must have as many rows as x, 2, but it has 3"),
        (np.zeros((2, INPUTS), int), np.zeros((2, 3)), TypeError, "x must be float32, float64 or uint8"),
        (np.full((2, INPUTS), np.nan), np.zeros((2, 3)), NonFiniteDataError, "sample 0 holds NaN"),
        (np.zeros((2, INPUTS)), np.full((2, 3), np.inf), NonFiniteDataError, "sample 0 holds NaN"),
    ],
)
def test_bad_batches_leave_the_weights_and_the_training(x, y, error, message):
    network, *data = prepared("relu", samples=4)
    training = training_of(
        plan_of(network, INPUTS), *data, 4, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"], keep_index=False
    )
    before = bytes_of(network)
    with pytest.raises(error, match=message):
        training.run_batch(x, y)
    assert bytes_of(network) == before
    training.run_batch(*data)
    assert bytes_of(network) != before


def test_a_training_with_an_index_takes_no_other_data():
    network, x, y = prepared("relu")
    training = training_of(plan_of(network, INPUTS), x, y, 4, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"], sparse=True)
    with pytest.raises(ValueError, match="keep_index=False"):
        training.run_batch(x[:4], y[:4])
    with pytest.raises(ValueError, match="keep_index=False"):
        training.take_data(x[:4], y[:4])


@every_network
@pytest.mark.parametrize("rule", ["sgd", "adam"])
@pytest.mark.parametrize(("batch_size", "threads"), [(1, 1), (4, 1), (4, 2)])
@pytest.mark.parametrize("sparse", [False, True])
def test_data_taken_part_by_part_are_an_epoch(name, rule, batch_size, threads, sparse):
    whole, x, y = prepared(name, density=0.3)
    parts, weights = copied(whole), np.random.default_rng(4).random(SAMPLES)
    how = {**RULES[rule], "sparse": sparse, "threads": threads, "record": True}
    one = training_of(plan_of(whole, INPUTS), x, y, batch_size, Loss.MEAN_SQUARED_ERROR, sample_weight=weights, **how)
    value = one.run_epoch()
    edges = [0, batch_size, 3 * batch_size, 5 * batch_size, SAMPLES]
    training, total, outputs = None, 0.0, []
    for rows in map(slice, edges, edges[1:]):
        part = x[rows].copy(), y[rows].copy()
        if training is None:
            training = training_of(
                plan_of(parts, INPUTS),
                *part,
                batch_size,
                Loss.MEAN_SQUARED_ERROR,
                sample_weight=weights[rows],
                keep_index=False,
                **how,
            )
        else:
            training.take_data(*part, weights[rows].copy())
        assert training.samples == len(part[0])
        total += training.run_epoch() * len(part[0])
        outputs.append(training.outputs[: len(part[0])].copy())
    assert bytes_of(parts) == bytes_of(whole)
    assert np.concatenate(outputs).tobytes() == one.outputs.tobytes()
    assert total / SAMPLES == pytest.approx(value, rel=1e-14)


def test_data_that_are_taken_forget_the_rates_of_others_and_leave_them_where_they_do_not_fit():
    network, x, y = prepared("relu")
    sgd, how = RULES["sgd"], {"keep_index": False}
    training = training_of(plan_of(network, INPUTS), x[:8], y[:8], 4, Loss.MEAN_SQUARED_ERROR, **sgd, **how)
    training.set_learning_rates(np.zeros(2))
    training.set_penalty_scales(np.zeros(2))
    for bad_x, bad_y in ((x[:0], y[:0]), (x[:, :-1].copy(), y), (x, y[:3]), (x.astype(int), y)):
        with pytest.raises((ValueError, TypeError)):
            training.take_data(bad_x, bad_y)
        assert training.samples == 8
    before = bytes_of(network)
    training.run_epoch()
    assert bytes_of(network) == before, "rates of 0 teach nothing"
    training.take_data(x, y)
    training.run_epoch(np.arange(SAMPLES)[::-1])
    assert bytes_of(network) != before
    with pytest.raises(ValueError, match="there must be 6 learning rates"):
        training.set_learning_rates(np.zeros(2))


def test_progress_tells_samples_and_their_losses():
    network, width = network_of((64, "softmax"), 2000)
    x, y = data_of(2000, width, 600)
    told = []
    training = training_of(plan_of(network, 2000), x, y, 4, Loss.CROSS_ENTROPY, **RULES["sgd"])
    value = training.run_epoch(progress=lambda done, total: told.append((done, total)))
    assert len(told) > 1
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in itertools.pairwise(told))
    assert told[-1][0] == 600
    assert told[-1][1] / 600 == value


def test_what_progress_raises_ends_the_epoch():
    network, x, y = prepared("relu")
    training = training_of(plan_of(network, INPUTS), x, y, 4, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"])
    with pytest.raises(ZeroDivisionError):
        training.run_epoch(progress=lambda done, total: 1 / 0)
    training.run_epoch()


def test_numbers_below_the_smallest_normal_one_are_zero_to_a_run():
    # A mean of squares that decays for a thousand steps would otherwise make each of them slow.
    weights = np.ones((2, 1), np.float32)
    plan = Plan(2, np.float32)
    plan.add_dense(weights)
    x = np.zeros((2000, 2), np.float32)
    x[0] = 1e-3
    training = training_of(
        plan, x, np.zeros((2000, 1), np.float32), 1, Loss.MEAN_SQUARED_ERROR, **RULES["rmsprop"], sparse=False
    )
    training.run_epoch()
    assert training.state[0].tolist() == [[0], [0]]


@pytest.mark.parametrize(("rule", "batch_size"), [("adam", 4), ("sgd", 1)])
def test_a_training_goes_on_after_a_loss_that_is_not_finite(rule, batch_size):
    network, x, y = prepared("relu", samples=20)
    x[9] = 1e308
    training = training_of(
        plan_of(network, INPUTS), x, y, batch_size, Loss.MEAN_SQUARED_ERROR, **RULES[rule], keep_index=False
    )
    counted = []
    with pytest.raises(NonFiniteError):
        training.run_epoch(progress=lambda done, total: counted.append(done))
    assert counted == []
    assert training.step == 0
    # The batches before it are sound.
    training.run_batch(x[:batch_size], y[:batch_size])
    assert training.step == 1
