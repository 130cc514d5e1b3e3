"""Trainings that find out how many threads are worth it: what they choose, and that nothing else depends on it."""

from collections import Counter

import numpy as np
import pytest
from kernel_sizes import COLUMN_GROUP, TRAINING
from making import training_of
from plain_training import RULES, bytes_of, copied, data_of, network_of, plan_of

import fastnn
from fastnn_ext.engine.training import numbers_of_threads
from fastnn_ext.runtime import pool
from fastnn_ext.tables.enums import Activation, Loss

INPUTS, SAMPLES = 2000, 640
# A first layer in panels, over lists and not, and sorted; one in aligned rows; a layer that is shared by columns.
NETWORKS = {
    "panels": (2 * TRAINING["FIRST_COLUMN_GROUP"], Activation.RELU, 3, "softmax"),
    "sorted": (TRAINING["WIDE_FIRST_LAYER"], Activation.RELU, 2 * COLUMN_GROUP, Activation.TANH, 3, "softmax"),
    "rows": (44, Activation.RELU, 3, "softmax"),
}


@pytest.fixture(autouse=True)
def _as_many_threads_as_before():
    before = pool.get_num_threads()
    yield
    pool.set_num_threads(before)


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("density", [0.1, 1.0])
@pytest.mark.parametrize("name", NETWORKS)
def test_trials_change_no_bit(name, density, threads):
    network, width = network_of(NETWORKS[name], INPUTS, np.float32)
    x, y = data_of(INPUTS, width, SAMPLES, np.float32, density)
    results = []
    for most in (1, threads):
        pool.set_num_threads(most)
        trained, pieces = copied(network), []
        training = training_of(plan_of(trained, INPUTS, np.float32), x, y, 64, Loss.CROSS_ENTROPY, **RULES["adam"])
        losses = [training.run_epoch(progress=lambda *told, pieces=pieces: pieces.append(told)) for _ in range(3)]
        results.append((losses, bytes_of(trained)))
        assert 1 <= training.threads_used <= training.threads <= most
    # The first two pieces take all threads, the third half of them.
    assert training.threads > 1
    assert len(pieces) >= 3
    assert results[0] == results[1]


@pytest.mark.parametrize("name", NETWORKS)
def test_threads_beside_another_one_change_no_bit(name):
    network, width = network_of(NETWORKS[name], INPUTS, np.float32)
    x, y = data_of(INPUTS, width, SAMPLES, np.float32)
    beside, results = np.zeros(1, np.uint8), []
    for most, begins in ((1, 0), (2, 0), (2, 1)):
        pool.set_num_threads(most)
        trained, pieces = copied(network), []

        def progress(*told, pieces=pieces):
            pieces.append(told)
            # It begins or ends every few pieces.
            beside[0] ^= len(pieces) % 3 == 0

        training = training_of(plan_of(trained, INPUTS, np.float32), x, y, 64, Loss.CROSS_ENTROPY, **RULES["adam"])
        beside[0] = begins
        losses = [training.run_epoch(progress=progress, beside=beside) for _ in range(3)]
        assert len(pieces) >= 6
        results.append((losses, bytes_of(trained)))
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("beside", [np.zeros(2, np.uint8), np.zeros(1), np.zeros(0, np.uint8)])
def test_what_says_nothing_of_another_thread_is_refused(beside):
    network, width = network_of((3, "softmax"), 5, np.float32)
    x, y = data_of(5, width, 9, np.float32)
    trained = copied(network)
    training = training_of(plan_of(trained, 5, np.float32), x, y, 4, Loss.CROSS_ENTROPY, **RULES["sgd"])
    with pytest.raises(TypeError, match=f"beside must hold one uint8, but it holds {beside.size} of {beside.dtype}"):
        training.run_epoch(beside=beside)
    assert bytes_of(trained) == bytes_of(network)


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_trials_change_no_bit_of_predictions(rows):
    network, width = network_of((1024, Activation.RELU, 1024, Activation.TANH, 3), INPUTS, np.float32)
    x, _ = data_of(INPUTS, width, rows, np.float32)
    plan = plan_of(network, INPUTS, np.float32)
    results = set()
    for threads in (1, 2, 3, 1, 2):
        pool.set_num_threads(threads)
        results |= {plan.predict(x).tobytes() for _ in range(20)}
    assert len(results) == 1


def test_a_number_that_was_asked_for_is_taken():
    network, width = network_of(NETWORKS["panels"], INPUTS, np.float32)
    x, y = data_of(INPUTS, width, SAMPLES, np.float32)
    for threads in (1, 2, 3):
        how = RULES["sgd"] | {"threads": threads}
        training = training_of(plan_of(copied(network), INPUTS, np.float32), x, y, 64, Loss.CROSS_ENTROPY, **how)
        for _ in range(3):
            training.run_epoch()
            assert training.threads_used == training.threads == threads


def test_the_fastest_number_goes_on():
    for best in (1, 2, 4, 8):
        used = numbers_of_threads(8, lambda number, best=best: 1.0 if number == best else 2.0, 2000)
        assert used[:2] == [8, 8]
        assert set(used) == {1, 2, 4, 8}
        # By far the fastest: one trial of each, and the time of a trial in a hundred.
        assert Counter(used)[best] > 0.96 * len(used)
        assert used[5] == best


def test_a_small_difference_takes_three_trials_of_each():
    used = numbers_of_threads(2, {1: 1.0, 2: 1.1}.get, 200)
    assert used[1:7] == [2, 1, 2, 1, 2, 1]
    assert set(used[7:]) == {1}


def test_the_least_of_the_trials_counts():
    # A trial that something else held up.
    times = iter([5.0, 1.0, 9.0, 1.1, 1.2, 1.1, 1.3])
    # Of two threads 1, 1.1 and 1.1; of one 9, 1.2 and 1.3.
    used = numbers_of_threads(2, lambda number: next(times, 1.0), 20)
    assert used[1:5] == [2, 1, 2, 2]


def test_the_choice_changes_with_the_machine():
    pieces = iter(range(100_000))
    used = numbers_of_threads(
        2, lambda number: (1.0 if number == 2 else 2.0) if next(pieces) < 500 else 3.0 - number, 2000
    )
    assert used[499] == 2
    used = numbers_of_threads(2, {1: 1.0, 2: 3.0}.get, 10)
    assert used[-1] == 1


@pytest.mark.parametrize("threads", [0, -1, 1000])
def test_numbers_out_of_range_are_refused(threads):
    with pytest.raises(ValueError, match=f"threads must be from 1 to 64, but it is {threads}"):
        numbers_of_threads(threads, {}.get, 1)


def test_the_history_tells_what_each_epoch_took():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(256, 300)).astype(np.float32), rng.normal(size=(256, 3)).astype(np.float32)
    for most in (1, 2):
        pool.set_num_threads(most)
        model = fastnn.Sequential([fastnn.Input((300,)), fastnn.Dense(600, "relu"), fastnn.Dense(3)], seed=0)
        model.compile("adam", "mse")
        history = model.fit(x, y, epochs=3, batch_size=64, verbose=0)
        assert len(history.threads) == 3
        assert set(history.threads) <= set(range(1, most + 1))


def test_what_is_slower_between_trials_than_in_them_is_left():
    given = []

    def times(number):
        # One that is busy half of the time: two threads are faster in a short trial, not in what follows.
        trial = len(given) < 3 or 1 in given[-2:]
        given.append(number)
        return 1.5 if number == 1 else 1.0 if trial else 3.0

    numbers_of_threads(2, times, 5000)
    assert given[:3] == [2, 2, 1]
    # Now and again they are tried for long: it may have changed.
    assert 0 < given[1000:].count(2) / 4000 < 0.1
