"""Several Python threads at once: each gets its own right answer, and none waits for another's arithmetic."""

import contextlib
import threading

import numpy as np
import pytest

import fastnn
from fastnn import ActivationLayer, FCLayer, SoftmaxLayer
from fastnn_ext.engine.options import LossOptions, RuleOptions
from fastnn_ext.engine.plan import Plan
from fastnn_ext.engine.training import Training
from fastnn_ext.tables.enums import Loss, UpdateRule

# Far longer than anything here takes: where it is reached, something hangs.
LIMIT = 60


@pytest.fixture(autouse=True)
def restored():
    before = fastnn.get_num_threads()
    yield
    fastnn.set_num_threads(before)


@contextlib.contextmanager
def python_threads(functions):
    """Runs the functions in threads of their own; at the end no error of theirs is lost."""
    errors = []

    def call(function):
        try:
            function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=call, args=(function,), daemon=True) for function in functions]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(LIMIT)
        assert not thread.is_alive()
    assert not errors, errors


def network(seed=0, inputs=100, hidden=150, dtype=np.float32):
    rng = np.random.default_rng(seed)
    return [
        FCLayer(inputs, hidden, rng=rng, dtype=dtype),
        ActivationLayer(fastnn.relu),
        FCLayer(hidden, 10, rng=rng, dtype=dtype),
        SoftmaxLayer(10),
    ]


def data(samples=200, inputs=100, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(samples, inputs)).astype(np.float32), np.eye(10)[rng.integers(10, size=samples)]


def weights_of(net):
    return [array.tobytes() for layer in net for array in layer.parameters().values()]


@pytest.mark.parametrize("threads", [1, 2])
def test_one_network_predicts_for_many_threads(threads):
    fastnn.set_num_threads(threads)
    net, (x, _) = network(), data()
    # Few rows use the plan's own memory, many rows the pool.
    slices = [slice(i, i + size) for i, size in enumerate((1, 2, 3, 40, 150, 200))]
    expected = [fastnn.predict(network(), x[rows]).tobytes() for rows in slices]
    wrong = []

    def predict(number):
        for turn in range(40):
            which = (number + turn) % len(slices)
            if fastnn.predict(net, x[slices[which]]).tobytes() != expected[which]:
                wrong.append((number, turn))

    with python_threads([lambda number=number: predict(number) for number in range(6)]):
        pass
    assert wrong == []


def test_a_prediction_that_fails_leaves_the_plan_to_the_others():
    net, (x, _) = network(), data(3)
    expected = fastnn.predict(net, x).tobytes()
    bad = x.copy()
    bad[1, 5] = np.nan
    for _ in range(3):
        with pytest.raises(ValueError, match=r"input\[1, 5\] is nan"):
            fastnn.predict(net, bad)
        assert fastnn.predict(net, x).tobytes() == expected


@pytest.mark.parametrize("batch_size", [1, 64])
@pytest.mark.parametrize("optimizer", [None, fastnn.optimizers.Adam(0.01)], ids=["sgd", "adam"])
def test_different_networks_train_at_once(batch_size, optimizer):
    fastnn.set_num_threads(2)
    how = {"epochs": 3, "batch_size": batch_size, "optimizer": optimizer}
    alone = [fastnn.train(network(seed), *data(seed=seed), **how) for seed in range(4)]
    together = {}

    def train(seed):
        together[seed] = fastnn.train(network(seed), *data(seed=seed), **how)

    with python_threads([lambda seed=seed: train(seed) for seed in range(4)]):
        pass
    for seed, (net, errors) in enumerate(alone):
        assert weights_of(together[seed][0]) == weights_of(net)
        assert together[seed][1] == errors


def test_a_network_is_trained_by_one_thread_at_a_time():
    inside, go_on = threading.Event(), threading.Event()

    class Waiting:
        def forward(self, input):
            inside.set()
            assert go_on.wait(LIMIT)
            return input

        def backward(self, output_error, learning_rate):
            return output_error

    shared = FCLayer(3, 2, rng=np.random.default_rng(0))
    x, y = np.ones((1, 3)), np.ones((1, 2))
    with python_threads([lambda: fastnn.train([shared, Waiting()], x, y, epochs=1)]):
        assert inside.wait(LIMIT)
        before = shared.weights.copy()
        for other in ([shared], [shared, FCLayer(2, 2)], [FCLayer(3, 3), shared]):
            with pytest.raises(RuntimeError, match=r"\(FCLayer\) is being trained by another thread"):
                fastnn.train(other, x, y, epochs=1)
        assert np.array_equal(shared.weights, before)
        go_on.set()
    fastnn.train([shared], x, y, epochs=1)
    assert not np.array_equal(shared.weights, before)


# Long enough that another thread gets its turn meanwhile: some tenths of a second.


def long_training(batch_size, threads=1):
    rng = np.random.default_rng(0)
    samples = 500 if batch_size == 1 else 2000
    weights, bias = rng.normal(size=(784, 512)) / 28, np.zeros((1, 512))
    plan = Plan(784, np.float64)
    plan.add_dense(weights, bias)
    x, y = rng.normal(size=(samples, 784)), rng.normal(size=(samples, 512))
    loss, rule = LossOptions(Loss.MEAN_SQUARED_ERROR), RuleOptions(UpdateRule.SGD, 0.1)
    return Training(plan, x, y, batch_size, loss, rule, threads=threads), weights, bias


@pytest.mark.parametrize(("batch_size", "threads"), [(1, 1), (32, 1), (32, 2)])
def test_others_run_while_a_training_computes(batch_size, threads):
    # The bias: weights may lie elsewhere while an epoch lasts.
    training, _, bias = long_training(batch_size, threads)
    first, seen, done = bias[0, 0], set(), threading.Event()

    def watch():
        while not done.is_set():
            seen.add(bias[0, 0])

    with python_threads([watch]):
        training.run_epoch()
        done.set()
    # Whoever waits for the whole call sees no value between the first and the last.
    assert seen - {first, bias[0, 0]}


def test_others_run_while_a_prediction_computes():
    fastnn.set_num_threads(1)
    rng = np.random.default_rng(0)
    plan = Plan(784, np.float64)
    plan.add_dense(rng.normal(size=(784, 512)), np.zeros((1, 512)))
    x, out = rng.normal(size=(6000, 784)), np.full((6000, 512), np.nan)
    halves, done = [], threading.Event()

    def watch():
        while not done.is_set() and not halves:
            if not np.isnan(out[0, 0]) and np.isnan(out[-1, -1]):
                halves.append(True)

    with python_threads([watch]):
        plan.predict(x, out)
        done.set()
    assert halves


@pytest.mark.parametrize(
    ("batch_size", "threads", "intruder"),
    [(1, 1, None), (1, 1, "ordered"), (32, 1, "wrong"), (32, 2, None), (32, 2, "ordered")],
)
def test_a_running_training_refuses_a_second_thread_and_is_not_disturbed(batch_size, threads, intruder):
    alone, expected, _ = long_training(batch_size, threads)
    order = np.random.default_rng(1).permutation(alone.samples)
    right = alone.run_epoch(order)
    training, weights, bias = long_training(batch_size, threads)
    first, over, results = bias[0, 0], threading.Event(), []
    theirs = {None: None, "ordered": np.arange(alone.samples), "wrong": np.arange(3)}[intruder]

    def train():
        try:
            results.append(training.run_epoch(order))
        finally:
            over.set()

    with python_threads([train]):
        while bias[0, 0] == first and not over.is_set():
            pass
        # A wrong order may be refused for what it is.
        with pytest.raises(RuntimeError if intruder != "wrong" else (RuntimeError, ValueError)):
            training.run_epoch(theirs)
        # Memory that the intruder's order had would be handed out again here.
        _others = [np.zeros(alone.samples, np.intp) for _ in range(20)]
    assert results == [right]
    assert weights.tobytes() == expected.tobytes()
