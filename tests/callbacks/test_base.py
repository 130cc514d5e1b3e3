"""Callbacks are told of a training in order, and of its end once, whatever fails on the way."""

import numpy as np
import pytest

from fastnn.callbacks import Callback, LambdaCallback

METHODS = [
    "on_train_begin",
    "on_epoch_begin",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_epoch_end",
    "on_train_end",
]


class Recorder(Callback):
    """Writes down what it is told, with its own name."""

    def __init__(self, name, events):
        self.name, self.events = name, events

    def on_train_begin(self, logs=None):
        self.events.append((self.name, "train begins"))

    def on_train_end(self, logs=None):
        self.events.append((self.name, "train ends"))

    def on_epoch_begin(self, epoch, logs=None):
        self.events.append((self.name, "epoch begins", epoch))

    def on_epoch_end(self, epoch, logs):
        self.events.append((self.name, "epoch ends", epoch, *logs))

    def on_train_batch_begin(self, batch, logs=None):
        self.events.append((self.name, "batch begins", batch))

    def on_train_batch_end(self, batch, logs):
        self.events.append((self.name, "batch ends", batch, *logs))


class Failing(Callback):
    """Raises in one of its methods."""

    def __init__(self, method):
        setattr(self, method, self.fail)

    @property
    def watches_batches(self):
        return True

    def fail(self, *arguments):
        raise RuntimeError("a user's own mistake")


def test_the_order_in_which_callbacks_are_told(make_model, data):
    x, y = data
    events = []
    callbacks = [Recorder("first", events), Recorder("second", events)]
    make_model().fit(x, y, epochs=2, batch_size=20, validation_data=(x, y), callbacks=callbacks)
    told = [event[1:] for event in events if event[0] == "first"]
    names = ("loss", "mae", "val_loss", "val_mae")
    epochs = [
        [
            ("epoch begins", epoch),
            *[event for batch in (0, 1) for event in (("batch begins", batch), ("batch ends", batch, "loss"))],
            ("epoch ends", epoch, *names),
        ]
        for epoch in (0, 1)
    ]
    assert told == [("train begins",), *epochs[0], *epochs[1], ("train ends",)]
    # The second is told right after the first.
    assert events[1::2] == [("second", *event[1:]) for event in events[::2]]


def test_what_a_callback_adds_to_the_logs_is_seen_by_the_next_and_by_the_history(make_model, data):
    seen = []

    class Adder(Callback):
        def on_epoch_end(self, epoch, logs):
            logs["twice"] = 2 * logs["loss"]

    teller = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs["twice"]))
    history = make_model().fit(*data, epochs=2, callbacks=[Adder(), teller])
    assert history.history["twice"] == seen == [2 * loss for loss in history.history["loss"]]


@pytest.mark.parametrize("method", METHODS)
def test_where_a_callback_fails_all_are_told_of_the_end_once_and_the_model_goes_on(make_model, data, method):
    x, y = data
    events = []
    model = make_model()
    callbacks = [Recorder("before", events), Failing(method), Recorder("after", events)]
    with pytest.raises(RuntimeError, match="a user's own mistake"):
        model.fit(x, y, epochs=3, callbacks=callbacks)
    ends = [name for name, what, *_ in events if what == "train ends"]
    # Where training does not begin, nobody after the one that failed has been told of it.
    assert ends == (["before"] if method == "on_train_begin" else ["before", "after"])
    history = model.fit(x, y, epochs=2)
    assert np.isfinite(history.history["loss"]).all()
    assert np.isfinite(model.predict(x)).all()


def test_watching_batches_goes_by_what_is_overridden():
    assert not Callback().watches_batches
    assert Recorder("one", []).watches_batches
    assert not LambdaCallback(on_epoch_end=print).watches_batches


def test_what_is_no_callback_is_refused(make_model, data):
    with pytest.raises(TypeError, match=r"a callback must be an object of fastnn\.callbacks, but it is 'early'"):
        make_model().fit(*data, callbacks=["early"])
