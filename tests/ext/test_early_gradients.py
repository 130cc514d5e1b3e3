"""Gradients that another thread may take while those of the layers below are still worked out."""

import threading

import numpy as np
import pytest

from fastnn_ext.engine.options import LossOptions, RuleOptions
from fastnn_ext.engine.plan import NonFiniteDataError, Plan, allocate
from fastnn_ext.engine.training import Training
from fastnn_ext.runtime import pool
from fastnn_ext.tables.enums import Loss, UpdateRule

MSE, COLLECTING = LossOptions(Loss.MEAN_SQUARED_ERROR), RuleOptions(UpdateRule.COLLECT, 0.0)
WIDTH, ROWS = 400, 300


def training_of(dtype=np.float32, threads=None, *, layers=4, width=WIDTH, rows=ROWS, change=None, **options):
    """A training of dense layers of one width over one vector, and a batch."""
    rng = np.random.default_rng(0)
    vector, arrays = allocate([(width, width), (width,)] * layers, dtype)
    for array in arrays:
        array[...] = rng.normal(size=array.shape) / np.sqrt(width)
    plan = Plan(width, dtype)
    for number in range(layers):
        kernel, bias = arrays[2 * number], arrays[2 * number + 1][None]
        (change or Plan.add_dense)(plan, kernel, bias)
    x, y = rng.normal(size=(2, rows, width)).astype(dtype)
    training = Training(plan, x, y, rows, MSE, COLLECTING, streaming=True, threads=threads, **options)
    places = [(array.ctypes.data - vector.ctypes.data) // array.itemsize for array in arrays]
    training.lay_out_gradients(arrays, places, vector.size)
    return training, x, y, arrays, places, vector.size


def test_they_are_those_of_dense_layers_from_the_last_on():
    training, _, _, arrays, places, _ = training_of(width=5, rows=3)
    expected = []
    for number in (3, 2, 1, 0):
        for place, array in list(zip(places, arrays, strict=True))[2 * number : 2 * number + 2]:
            expected.append((number, place, place + array.size))
    assert training.early_gradients() == expected
    # Nothing is done where nothing runs.
    assert training.done_from == 4


def test_frozen_layers_have_none():
    _, _, _, arrays, places, size = training_of(width=5, rows=3)
    again = Training(
        training_plan(arrays, 5), np.ones((3, 5), np.float32), np.ones((3, 5), np.float32), 3, MSE, COLLECTING,
        streaming=True, frozen_arrays=arrays[2:4],
    )  # fmt: skip
    again.lay_out_gradients(arrays, places, size)
    assert sorted({operation for operation, _, _ in again.early_gradients()}) == [0, 2, 3]


def training_plan(arrays, width, *, repeat=False):
    plan = Plan(width, np.float32)
    for number in range(len(arrays) // 2):
        number = 0 if repeat else number
        plan.add_dense(arrays[2 * number], arrays[2 * number + 1][None])
    return plan


def test_layers_that_share_weights_have_none():
    training, x, y, arrays, places, size = training_of(width=5, rows=3, layers=2)
    shared = Training(training_plan(arrays, 5, repeat=True), x, y, 3, MSE, COLLECTING, streaming=True)
    shared.lay_out_gradients(arrays, places, size)
    assert training.early_gradients() != []
    assert shared.early_gradients() == []


@pytest.mark.parametrize("penalty", [{"l1": 0.1}, {"l2": 0.1}])
def test_penalties_join_at_the_end(penalty):
    def add(plan, kernel, bias):
        plan.add_dense(kernel, bias, **penalty)

    assert training_of(width=5, rows=3, change=add)[0].early_gradients() == []


@pytest.fixture
def two_threads():
    before = pool.get_num_threads()
    pool.set_num_threads(2)
    yield
    pool.set_num_threads(before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_done_changes_no_more(two_threads, dtype, threads):
    training, x, y, _, _, size = training_of(dtype, threads)
    early, gradient, seen = training.early_gradients(), np.zeros(size, dtype), set()

    def watch():
        while not over.is_set():
            done = training.done_from
            for operation, *_ in early:
                if done <= operation and operation not in found:
                    found[operation] = [(b, e, gradient[b:e].copy()) for o, b, e in early if o == operation]

    # A look may come too late: as many runs as it takes to see the three layers of which others are below.
    for run in range(200):
        over, found = threading.Event(), {}
        gradient[...] = run
        watching = threading.Thread(target=watch)
        watching.start()
        training.run_gradients(x, y, out=gradient)
        over.set()
        watching.join()
        assert training.done_from == 4
        for operation, parts in found.items():
            seen.add(operation)
            for begin, end, part in parts:
                assert part.tobytes() == gradient[begin:end].tobytes(), (operation, run)
        if seen >= {1, 2, 3}:
            break
    assert seen >= {1, 2, 3}


def test_a_run_that_fails_leaves_nothing_done():
    training, x, y, *_ = training_of(width=5, rows=3)
    bad = x.copy()
    bad[1, 2] = np.nan
    with pytest.raises(NonFiniteDataError):
        training.run_gradients(bad, y)
    assert training.done_from == 4
