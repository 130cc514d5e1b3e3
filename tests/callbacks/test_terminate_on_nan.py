"""Termination on NaN: training ends quietly where it would raise, and tells where."""

import gc
import weakref

import numpy as np
import pytest

from fastnn import optimizers
from fastnn.callbacks import Callback, EarlyStopping, LambdaCallback, TerminateOnNaN

# So large that some epochs go well before numbers overflow.
DIVERGING = optimizers.SGD(3.0)


@pytest.fixture
def make_diverging(make_model):
    return lambda: make_model(optimizer=DIVERGING)


def test_without_it_training_raises(make_diverging, data):
    with pytest.raises(FloatingPointError, match="training stopped"):
        make_diverging().fit(*data, epochs=500, batch_size=8)


@pytest.mark.parametrize("by_batch", [False, True])
def test_training_ends_quietly_with_the_weights_from_before(make_diverging, data, by_batch):
    x, y = data
    ending, ends = TerminateOnNaN(), []
    counter = LambdaCallback(
        on_train_end=lambda logs: ends.append(1),
        on_train_batch_end=(lambda batch, logs: None) if by_batch else None,
    )
    model = make_diverging()
    history = model.fit(x, y, epochs=500, batch_size=8, callbacks=[ending, counter])
    done = len(history.epoch)
    assert 0 < done < 500
    assert isinstance(ending.failure, FloatingPointError)
    assert f"in epoch {done + 1}, batch " in str(ending.failure) or f"after epoch {done + 1}" in str(ending.failure)
    assert np.isfinite(history.history["loss"]).all()
    assert ends == [1]
    assert model.stop_training
    if not by_batch:
        same = make_diverging()
        same.fit(x, y, epochs=done, batch_size=8)
        assert np.array_equal(model.parameters, same.parameters)
    assert np.isfinite(model.parameters).all()


def test_the_model_can_be_trained_again(make_diverging, data):
    x, y = data
    ending = TerminateOnNaN()
    model = make_diverging()
    model.fit(x, y, epochs=500, batch_size=8, callbacks=[ending])
    model.compile(optimizers.Adam(0.1, clipnorm=1.0), "mse")
    history = model.fit(x, y, epochs=3, callbacks=[ending])
    assert len(history.epoch) == 3
    assert ending.failure is None


def test_early_stopping_restores_its_best_weights(make_diverging, data):
    x, y = data
    stopping = EarlyStopping("loss", patience=500, restore_best_weights=True)
    model = make_diverging()
    model.fit(x, y, epochs=500, batch_size=8, callbacks=[TerminateOnNaN(), stopping])
    assert all(np.array_equal(*pair) for pair in zip(model.get_weights(), stopping.best_weights, strict=True))


def test_all_callbacks_are_asked_and_one_is_enough(make_diverging, data):
    asked = []

    class Asked(Callback):
        def on_failure(self, failure):
            asked.append(failure)
            return False

    ending = TerminateOnNaN()
    make_diverging().fit(*data, epochs=500, batch_size=8, callbacks=[Asked(), ending, Asked()])
    assert [str(failure) for failure in asked] == [str(ending.failure)] * 2


def test_the_failure_does_not_keep_the_data_in_memory(make_diverging, data):
    x, y = data[0].copy(), data[1]
    there = weakref.ref(x)
    ending = TerminateOnNaN()
    make_diverging().fit(x, y, epochs=500, batch_size=8, callbacks=[ending])
    del x
    gc.collect()
    assert ending.failure is not None
    assert there() is None
