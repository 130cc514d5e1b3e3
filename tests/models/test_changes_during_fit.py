"""What callbacks may do to a model and its data while it is trained, and what they may not."""

import copy
import threading

import numpy as np
import pytest
from small_models import data, model

from fastnn.callbacks import Callback, LambdaCallback
from fastnn.layers import Dense, Input
from fastnn.models import Sequential


class Doing(Callback):
    """Calls a function of the model after an epoch or a batch."""

    def __init__(self, action, batches=False):
        self.action, self.batches = action, batches

    @property
    def watches_batches(self):
        return self.batches

    def on_epoch_end(self, epoch, logs):
        if not self.batches:
            self.action(self.model)

    def on_train_batch_end(self, batch, logs):
        if self.batches:
            self.action(self.model)


CHANGES = {
    "add": lambda model: model.add(Dense(3)),
    "pop": lambda model: model.pop(),
    "compile": lambda model: model.compile("sgd", "mse"),
    "fit": lambda model: model.fit(*data()),
    "train_on_batch": lambda model: model.train_on_batch(*data()),
}


@pytest.mark.parametrize("batches", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_the_structure_stays_while_a_fit_runs(change, batches):
    x, y = data()
    tried, plain = model(), model()
    refused = []

    def change_it(trained):
        with pytest.raises(RuntimeError, match="the model is being trained"):
            CHANGES[change](trained)
        refused.append(change)

    history = tried.fit(x, y, epochs=2, callbacks=[Doing(change_it, batches)]).history
    assert refused
    assert history == plain.fit(x, y, epochs=2, callbacks=[Doing(lambda model: None, batches)]).history
    # What is refused during a fit is done after it.
    assert tried.fit(x, y).history == plain.fit(x, y).history
    CHANGES[change](tried)


def test_an_exception_in_a_callback_leaves_a_model_that_works():
    x, y = data()
    tried = model()
    with pytest.raises(RuntimeError, match="no layer can be added meanwhile"):
        tried.fit(x, y, epochs=2, callbacks=[Doing(CHANGES["add"])])
    tried.fit(x, y)
    tried.add(Dense(3))
    tried.compile("sgd", "mse")
    assert tried.fit(x, y).history["loss"][0] > 0


def test_the_learning_rate_may_change_at_any_time():
    x, y = data()
    tried, plain = model(optimizer="sgd"), model(optimizer="sgd")

    def freeze(trained):
        trained.optimizer.learning_rate = 0

    tried.fit(x, y, epochs=3, callbacks=[Doing(freeze)])
    plain.fit(x, y, epochs=1)
    assert [a.tobytes() for a in tried.get_weights()] == [a.tobytes() for a in plain.get_weights()]


# Data that are changed in place between epochs are those of the next epoch.


@pytest.mark.parametrize("way", ["class", "function"])
@pytest.mark.parametrize("share", [0.05, 0.3, 1.0], ids="{} filled".format)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_data_that_a_callback_changes_are_read_again(way, share, dtype):
    rng = np.random.default_rng(0)
    x = (rng.integers(1, 9, (80, 40)) * (rng.random((80, 40)) < share)).astype(dtype)
    other = (rng.integers(1, 9, (80, 40)) * (rng.random((80, 40)) < share)).astype(dtype)
    y = np.eye(3, dtype=np.float32)[rng.integers(0, 3, 80)]
    start = Sequential([Input((40,)), Dense(8, "relu"), Dense(3, "softmax")], seed=0)
    start.compile("adam", "categorical_crossentropy")
    tried, plain = copy.deepcopy(start), copy.deepcopy(start)
    given = x.copy()

    def change(*_):
        given[...] = other

    watcher = Doing(change) if way == "class" else LambdaCallback(on_epoch_end=change)
    validation = (given, y)
    seen = tried.fit(given, y, epochs=3, shuffle=False, callbacks=[watcher], validation_data=validation).history
    expected = []
    for part in (x, other, other):
        expected.append(plain.fit(part, y, shuffle=False).history["loss"][0])
        if len(expected) > 1:
            assert seen["val_loss"][len(expected) - 1] == plain.evaluate(other, y, batch_size=32)
    assert seen["loss"] == expected


@pytest.mark.parametrize("share", [0.05, 1.0])
def test_data_that_a_callback_spoils_are_refused(share):
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(80, 40)) * (rng.random((80, 40)) < share)).astype(np.float32)
    y = np.zeros((80, 1), np.float32)
    tried = Sequential([Input((40,)), Dense(8, "relu"), Dense(1)], seed=0)
    tried.compile("adam", "mse")

    def spoil(trained):
        x[3, 2] = np.nan

    with pytest.raises(ValueError, match=r"x\[3, 2\] is nan"):
        tried.fit(x, y, epochs=3, callbacks=[Doing(spoil)])


@pytest.mark.parametrize("which", ["x", "y", "sample_weight"])
def test_data_cannot_be_resized_under_a_fit(which):
    arrays = {"x": data()[0].copy(), "y": data()[1].copy(), "sample_weight": np.ones(50)}
    refused = []

    def resize(trained):
        with pytest.raises(ValueError, match="cannot resize"):
            arrays[which].resize(1 << 20, refcheck=False)
        refused.append(which)

    model().fit(**arrays, epochs=2, callbacks=[Doing(resize)])
    assert len(refused) == 2


@pytest.mark.parametrize("batches", [False, True])
def test_columns_of_a_sparse_matrix_lead_nowhere(batches):
    sparse = pytest.importorskip("scipy.sparse")
    rng = np.random.default_rng(0)
    x = sparse.csr_array((rng.random((80, 40)) < 0.2).astype(np.float32))
    y = np.zeros((80, 1), np.float32)
    tried = Sequential([Input((40,)), Dense(8), Dense(1)], seed=0)
    plain = copy.deepcopy(tried)

    def spoil(trained):
        x.indices[:], x.indptr[:] = 1 << 30, 1 << 30

    whole = x.toarray()
    for each in (tried, plain):
        each.compile("sgd", "mse")
    if batches:
        # The batch is read before the first of these is called, and copied places stay what they were.
        watcher = LambdaCallback(on_train_batch_begin=lambda batch, logs: spoil(tried))
        seen = tried.fit(iter([(x, y)]), callbacks=[watcher])
        expected = plain.fit(iter([(whole, y)]))
    else:
        seen = tried.fit(x, y, epochs=3, shuffle=False, callbacks=[Doing(spoil)])
        expected = plain.fit(whole, y, epochs=3, shuffle=False)
    assert seen.history == expected.history


# Threads.


def test_two_threads_build_a_model_once():
    for seed in range(20):
        tried = Sequential([Dense(30, "relu"), Dense(30), Dense(2)], seed=seed)
        plain = Sequential([Dense(30, "relu"), Dense(30), Dense(2)], seed=seed)
        start, results = threading.Barrier(4), []

        def predict(start=start, tried=tried, results=results):
            start.wait(10)
            results.append(tried.predict(np.ones((3, 20), np.float32)).tobytes())

        threads = [threading.Thread(target=predict) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # A second build would have drawn other weights.
        assert set(results) == {plain.predict(np.ones((3, 20), np.float32)).tobytes()}
