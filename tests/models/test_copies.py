"""Copies of a model, by whatever way and after whatever calls: they are the model, and go on like it."""

import copy
import multiprocessing
import pickle

import numpy as np
import pytest
from small_models import data, model

import fastnn
from fastnn.layers import Dense, Input
from fastnn.models import Sequential

X, Y = data()


def refused(made):
    with pytest.raises(ValueError, match="shape"):
        made.train_on_batch(X[:, :2], Y)


CALLS = {
    "nothing": lambda made: None,
    "train_on_batch": lambda made: made.train_on_batch(X, Y),
    "train_on_batch of a list": lambda made: made.train_on_batch(X.tolist(), Y.tolist()),
    "fit": lambda made: made.fit(X, Y, epochs=2),
    "fit of batches": lambda made: made.fit(iter([(X, Y), (X[:3], Y[:3])])),
    "fit with validation": lambda made: made.fit(X, Y, validation_split=0.2),
    "evaluate": lambda made: made.evaluate(X, Y),
    "predict": lambda made: made.predict(X),
    "all": lambda made: [made.fit(X, Y), made.train_on_batch(X, Y), made.predict(X), made.fit(X, Y)],
    "a step and a fit": lambda made: [made.train_on_batch(X[:1], Y[:1]), made.fit(X, Y), made.train_on_batch(X, Y)],
    "compile": lambda made: [made.train_on_batch(X, Y), made.compile("nadam", "mse", metrics=["mae"])],
    "add": lambda made: [made.train_on_batch(X, Y), made.add(Dense(3, "softmax"))],
    "pop": lambda made: [made.add(Dense(3, "softmax")), made.train_on_batch(X, Y), made.pop()],
    "refused": lambda made: refused(made),
    "summary": lambda made: made.summary(print_fn=lambda text: None),
}


def through_a_file(made, tmp_path):
    made.save(tmp_path / "model.safetensors")
    return fastnn.load_model(tmp_path / "model.safetensors")


WAYS = {
    "copy": lambda made, _: copy.copy(made),
    "deepcopy": lambda made, _: copy.deepcopy(made),
    **{f"pickle {p}": lambda made, _, p=p: pickle.loads(pickle.dumps(made, p)) for p in range(2, 6)},
    "file": through_a_file,
}


def state(made):
    remembered = made.optimizer_state
    return [array.tobytes() for array in made.get_weights() + (remembered.arrays or [])], remembered.step


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "nadam"])
def test_a_copy_goes_on_like_the_model(way, call, optimizer, tmp_path):
    made = model(optimizer=optimizer)
    CALLS[call](made)
    again = WAYS[way](made, tmp_path)
    assert state(again) == state(made)
    for each in (made, again):
        each.train_on_batch(X, Y)
        each.fit(X, Y)
    assert state(again) == state(made)
    # Two models, not one under two names.
    made.fit(X, Y)
    assert state(again) != state(made)


@pytest.mark.parametrize("between", ["nothing", "fit", "save"])
def test_a_state_that_the_engine_keeps_in_its_own_layout_is_read_back(between, tmp_path):
    # Two threads train the first layer of this one in panels, momentum and squares with it.
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(64, 300)).astype("f4"), rng.normal(size=(64, 3)).astype("f4")
    before = fastnn.get_num_threads()
    fastnn.set_num_threads(2)
    try:
        stepped = Sequential([Input((300,)), Dense(400, "relu"), Dense(3)], seed=0)
        stepped.compile("adam", "mse")
        fitted = copy.deepcopy(stepped)
        for _ in range(2):
            stepped.train_on_batch(x, y)
        fitted.fit(x, y, batch_size=64, epochs=2, shuffle=False)
        assert state(stepped) == state(fitted)
        if between == "fit":
            for each in (stepped, fitted):
                each.fit(x, y, batch_size=64, shuffle=False)
        elif between == "save":
            stepped = through_a_file(stepped, tmp_path)
        assert stepped.train_on_batch(x, y) == fitted.fit(x, y, batch_size=64, shuffle=False).history["loss"][0]
        assert state(stepped) == state(fitted)
    finally:
        fastnn.set_num_threads(before)


def trained_elsewhere(made):
    made.train_on_batch(X, Y)
    made.fit(X, Y)
    return state(made)


@pytest.mark.parametrize("call", CALLS)
def test_processes_of_a_pool_train_a_model(call):
    made = model()
    CALLS[call](made)
    joblib = pytest.importorskip("joblib")
    [there] = joblib.Parallel(n_jobs=2, backend="loky")([joblib.delayed(trained_elsewhere)(made)])
    assert there == trained_elsewhere(made)


# Where other tests have loaded JAX, it warns of any fork.
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")
def test_a_forked_child_trains_a_model():
    made = model()
    CALLS["all"](made)
    context = multiprocessing.get_context("fork")
    with context.Pool(1) as pool:
        there = pool.apply(trained_elsewhere, (made,))
    assert there == trained_elsewhere(made)


@pytest.mark.parametrize("way", ["deepcopy", "pickle 2", "pickle 5"])
def test_a_network_of_the_notebook_after_any_call(way, tmp_path):
    dense = fastnn.FCLayer(4, 8, rng=np.random.default_rng(0))
    network = [dense, fastnn.ActivationLayer(fastnn.tanh, fastnn.tanh_prime)]
    for call in (
        lambda: fastnn.predict(network, X),
        lambda: fastnn.train(network, X, np.zeros((50, 8), "f4"), epochs=1, learning_rate=0.1),
        lambda: [layer.backward(layer.forward(X[:1]), 0.1) for layer in network[:1]],
    ):
        call()
        again = WAYS[way](network, tmp_path)
        assert fastnn.predict(again, X).tobytes() == fastnn.predict(network, X).tobytes()
