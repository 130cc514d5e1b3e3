"""What a plan and its runs point to: described whole or not at all, kept alive, and out of others' reach."""

import threading

import numpy as np
import pytest
from making import training_of
from numpy.lib.stride_tricks import as_strided

from fastnn_ext.engine.compressed import CompressedRows
from fastnn_ext.engine.plan import Plan
from fastnn_ext.engine.training import NonFiniteDataError
from fastnn_ext.tables.enums import Loss, UpdateRule

INPUTS, SAMPLES = 6, 12
NONE = dict.fromkeys(("rotation", "height_shift", "width_shift", "zoom", "noise", "fill", "horizontal_flip"), 0)


def numbers(seed=0, samples=SAMPLES, columns=INPUTS):
    rng = np.random.default_rng(seed)
    return np.where(rng.random((samples, columns)) < 0.3, rng.normal(size=(samples, columns)), 0.0)


def compressed(x):
    rows, columns = np.nonzero(x)
    return CompressedRows(x[rows, columns], columns, np.searchsorted(rows, np.arange(len(x) + 1)), x.shape[1])


def plan_of(seed=1):
    rng = np.random.default_rng(seed)
    weights, bias = rng.normal(size=(INPUTS, 3)), np.zeros(3)
    plan = Plan(INPUTS, np.float64)
    plan.add_dense(weights, bias)
    return plan, weights


def stream(plan, x, y, **how):
    return training_of(plan, x, y, len(y), Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.1, streaming=True, **how)


@pytest.mark.parametrize("sparse", [False, True])
def test_a_batch_is_described_whole(sparse):
    # The columns of a compressed batch say nothing of a plain one behind it, nor the other way round.
    x, y = numbers(), numbers(2, columns=3)
    (plan, weights), (other, expected) = plan_of(), plan_of()
    first, second = stream(plan, x, y, sparse=sparse), stream(other, x, y, sparse=sparse)
    kinds = [compressed, np.copy, compressed, lambda x: x[::-1].copy()[::-1], lambda x: x.astype(np.float32)]
    for seed, kind in enumerate(kinds):
        # Whole numbers are the same in float32.
        batch = np.round(numbers(seed))
        assert first.run_batch(kind(batch), y) == second.run_batch(batch, y)
        assert weights.tobytes() == expected.tobytes()


def test_a_refused_batch_leaves_the_one_before():
    x, y = numbers(), numbers(2, columns=3)
    weight = np.full(SAMPLES, 0.5)
    (plan, weights), (other, expected) = plan_of(), plan_of()
    tried, plain = stream(plan, x, y, sample_weight=weight), stream(other, x, y, sample_weight=weight)
    refused = [
        (numbers(samples=5), y[:4]),
        (numbers(samples=5), y[:5], np.ones(4)),
        (compressed(numbers(samples=5)), y[:4]),
        (numbers(samples=5).astype("i4"), y[:5]),
        (compressed(numbers(samples=5, columns=INPUTS + 1)), y[:5]),
        (numbers(samples=SAMPLES + 1), numbers(samples=SAMPLES + 1, columns=3)),
        (x.tolist(), y),
    ]
    for batch in refused:
        with pytest.raises((TypeError, ValueError)):
            tried.run_batch(*batch)
    assert tried.run_epoch() == plain.run_epoch()
    assert weights.tobytes() == expected.tobytes()


@pytest.mark.parametrize("which", ["x", "y", "weights", "base of x", "values", "parameters", "state", "outputs"])
def test_nothing_that_a_run_points_to_can_be_resized(which):
    memory = np.zeros((SAMPLES, INPUTS + 1))
    x, y, weights = numbers(), numbers(2, columns=3), np.ones(SAMPLES)
    plan, parameters = plan_of()
    rows = compressed(x)
    given = {"values": rows, "base of x": memory[:, :INPUTS]}.get(which, x)
    training = training_of(
        plan, given, y, 4, Loss.MEAN_SQUARED_ERROR, UpdateRule.MOMENTUM, 0.1, 0.9, sample_weight=weights, record=True
    )
    array = {
        "x": x,
        "y": y,
        "weights": weights,
        "base of x": memory,
        "values": rows.values,
        "parameters": parameters,
        "outputs": training.outputs,
        "state": training.state[0],
    }[which]
    # A copy of the list.
    training.state.clear()
    with pytest.raises(ValueError, match="cannot resize"):
        array.resize(1 << 20, refcheck=False)
    assert np.isfinite(training.run_epoch())


def test_numbers_that_find_the_way_are_copied():
    x, y = numbers(), numbers(2, columns=3)
    plan, _ = plan_of()
    order = np.arange(SAMPLES)

    def spoil(done, total):
        order[:] = 1 << 40

    training = training_of(plan, x, y, 1, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.1, loss_function=(value, gradient))
    rates = np.full(SAMPLES, 0.1)
    training.set_learning_rates(rates)
    rates[:] = np.nan
    assert np.isfinite(training.run_epoch(order, spoil))


def value(y_true, y_pred):
    return ((y_pred - y_true) ** 2).mean(axis=1)


def gradient(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_pred.size


def test_a_training_under_way_takes_no_changes():
    x, y = numbers(), numbers(2, columns=3)
    plan, _ = plan_of()
    refused = []

    def meddling(y_true, y_pred):
        for change in (lambda: training.set_learning_rates(None), training.read_anew, training.run_epoch):
            with pytest.raises(RuntimeError, match="this training is running"):
                change()
            refused.append(change)
        return value(y_true, y_pred)

    training = training_of(
        plan, x, y, 4, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.1, loss_function=(meddling, gradient)
    )
    training.run_epoch()
    assert len(refused) == 9


ADDITIONS = {
    "dense": lambda plan: plan.add_dense(np.zeros((3, 200)), np.zeros(200)),
    "activation": lambda plan: plan.add_activation(0),
    "softmax": lambda plan: plan.add_softmax(),
    "dropout": lambda plan: plan.add_dropout(0.5),
    "noise": lambda plan: plan.add_noise(0.5),
    "batch normalisation": lambda plan: plan.add_batch_normalization(None, None, np.zeros(3), np.ones(3), 0.9, 0.1),
    "layer normalisation": lambda plan: plan.add_layer_normalization(None, None, 0.1),
    "function": lambda plan: plan.add_function(np.tanh, np.cos),
}


@pytest.mark.parametrize("addition", ADDITIONS)
def test_nothing_is_added_to_a_plan_in_use(addition):
    x = numbers()
    plan, _ = plan_of()
    refusals = []

    def adding(rows):
        for _ in range(50):
            with pytest.raises(RuntimeError, match="the plan is in use by a training or a prediction"):
                ADDITIONS[addition](plan)
            refusals.append(1)
        return np.tanh(rows)

    plan.add_function(adding, np.cos)
    before = plan.predict(x)
    assert refusals
    assert plan.output_size == 3
    # A failed prediction leaves it free as well.
    with pytest.raises(NonFiniteDataError):
        plan.predict(np.full((1, INPUTS), np.nan))
    ADDITIONS["softmax"](plan)
    assert np.allclose(plan.predict(x), np.exp(before) / np.exp(before).sum(axis=1, keepdims=True), rtol=1e-12)
    trained, _ = plan_of()
    stream(trained, x, numbers(2, columns=3))
    with pytest.raises(RuntimeError, match="the plan is in use"):
        ADDITIONS[addition](trained)


def test_a_plan_is_free_when_all_its_predictions_are_done():
    plan, _ = plan_of()
    inside, leave = threading.Barrier(3), threading.Event()

    def waiting(rows):
        inside.wait(10)
        leave.wait(10)
        return rows

    plan.add_function(waiting, np.cos)
    threads = [threading.Thread(target=plan.predict, args=(numbers(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    inside.wait(10)
    with pytest.raises(RuntimeError, match="the plan is in use"):
        plan.add_softmax()
    leave.set()
    for thread in threads:
        thread.join()
    plan.add_softmax()


# Shapes.


@pytest.mark.parametrize("shape", [(2,), (0,), (2, 4), (3, -2), (6, 1, 2), ()])
def test_the_shape_of_a_sample_holds_its_inputs(shape):
    with pytest.raises(ValueError, match="sample_shape must hold input_size numbers, 6"):
        Plan(6, np.float64, sample_shape=shape)


@pytest.mark.parametrize(
    ("stride", "samples"), [(1 << 62, 4), (-(1 << 62), 4), ((1 << 63) - 8, 2), (-(1 << 63), 2), (1 << 60, 1 << 20)]
)
def test_rows_lie_within_an_address_space(stride, samples):
    plan, _ = plan_of()
    x = as_strided(np.zeros((1, INPUTS)), (samples, INPUTS), (stride, 8), writeable=False)
    with pytest.raises(ValueError, match="more than an address space holds"):
        plan.predict(x)
    with pytest.raises(ValueError, match="more than an address space holds"):
        stream(plan, x, np.zeros((samples, 3)))


@pytest.mark.parametrize(
    "changes",
    [
        {"height": 3},
        {"height": 1 << 40, "width": 1 << 40},
        {"height": -2, "width": -3},
        {"height": 0},
        {"channels": 0},
        {"rotation": np.nan},
        {"zoom": np.inf},
    ],
    ids=str,
)
def test_images_to_augment_are_the_inputs(changes):
    plan, _ = plan_of()
    fields = NONE | {"height": 2, "width": 3, "channels": 1} | changes
    with pytest.raises(ValueError, match="augmentation"):
        stream(plan, numbers(), numbers(2, columns=3), augmentation=fields)


# Rows that need not be one behind the other.


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
@pytest.mark.parametrize("samples", [1, 3, 40, 300])
def test_predictions_of_rows_that_lie_anywhere(dtype, samples):
    rng = np.random.default_rng(samples)
    plan = Plan(INPUTS, np.float32)
    plan.add_dense(rng.normal(size=(INPUTS, 70)).astype("f4"), rng.normal(size=70).astype("f4"))
    plan.add_dense(rng.normal(size=(70, 3)).astype("f4"))
    wide = rng.integers(0, 4, (2 * samples, INPUTS + 3)).astype(dtype)
    for x in (wide[::2, 1:-2], wide[:samples, :INPUTS][::-1], np.broadcast_to(wide[0, 2:-1], (samples, INPUTS))):
        assert plan.predict(x).tobytes() == plan.predict(np.ascontiguousarray(x)).tobytes()


def test_the_output_lies_apart_from_inputs_that_run_backwards():
    plan = Plan(2, np.float64)
    plan.add_dense(np.eye(2), np.zeros(2))
    memory = np.arange(12.0).reshape(6, 2)
    with pytest.raises(ValueError, match="must not share memory"):
        plan.predict(memory[3::-1], memory[:4])
    assert np.array_equal(plan.predict(memory[3::-1], np.empty((4, 2))), memory[3::-1])


def test_the_first_bad_sample_is_named_whatever_the_threads():
    rng = np.random.default_rng(0)
    plan = Plan(60, np.float32)
    plan.add_dense(rng.normal(size=(60, 300)).astype("f4"))
    x, y = np.ones((900, 60), np.float32), np.zeros((900, 300), np.float32)
    for bad in ((899, 450, 451), (7, 899), (300, 301, 1)):
        x[...] = 1
        x[list(bad), 5] = np.nan
        with pytest.raises(NonFiniteDataError) as failure:
            plan.predict(x)
        assert failure.value.sample == min(bad)
        for threads in (1, 2, 3):
            training = training_of(plan, x, y, 900, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.0, threads=threads)
            with pytest.raises(NonFiniteDataError) as failure:
                training.run_epoch()
            assert failure.value.sample == min(bad), threads


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("place", ["x", "y"])
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("order", ["ascending", "descending", "any"])
def test_the_lowest_bad_sample_of_a_batch_is_named_in_whatever_order_they_come(threads, place, sparse, order):
    # Descending, each that a thread meets lowers the one before; ascending, none does.
    samples = 90
    orders = {
        "ascending": np.arange(samples),
        "descending": np.arange(samples)[::-1].copy(),
        "any": np.random.default_rng(3).permutation(samples),
    }
    plan = Plan(6, np.float32)
    plan.add_dense(np.ones((6, 4), np.float32))
    x, y = np.ones((samples, 6), np.float32), np.zeros((samples, 4), np.float32)
    how = {"threads": threads, "sparse": sparse}
    for bad in ((0, 89), (3, 40, 41, 88), (50, 51, 52), (70,)):
        x[...], y[...] = 1, 0
        (x if place == "x" else y)[list(bad), 2] = np.nan
        training = training_of(plan, x, y, samples, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.0, **how)
        with pytest.raises(NonFiniteDataError, match=f"sample {min(bad)} ") as failure:
            training.run_epoch(orders[order])
        assert failure.value.sample == min(bad)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_bad_row_leads_nowhere_on_its_way(threads):
    # What its list would have been is memory that nobody has written.
    rng = np.random.default_rng(0)
    for _ in range(20):
        plan = Plan(50, np.float32)
        plan.add_dense(rng.normal(size=(50, 400)).astype("f4"))
        x = np.zeros((64, 50), np.float32)
        x[rng.integers(0, 64, 30), rng.integers(0, 50, 30)] = 1
        x[::3, 7] = np.nan
        y, how = np.zeros((64, 400), np.float32), {"threads": threads, "sparse": True}
        training = training_of(plan, x, y, 64, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.1, **how)
        with pytest.raises(NonFiniteDataError):
            training.run_epoch()
