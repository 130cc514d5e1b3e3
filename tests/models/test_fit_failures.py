"""What goes wrong on the way of a fit, what callbacks may do about it, and what is shown."""

import io
import itertools
import sys
import threading

import numpy as np
import pytest
from small_models import data, model

from fastnn import callbacks, optimizers
from fastnn.layers import BatchNormalization, Dense, Input
from fastnn.models import Sequential

# What goes wrong on the way.


def test_a_loss_that_is_not_finite_puts_the_weights_back():
    x, y = data()
    regression = Sequential([Input((4,)), Dense(8, name="first"), Dense(3)], seed=0)
    regression.compile(optimizers.SGD(1e6), "mse")
    before = regression.parameters.copy()
    message = (
        r"training stopped: the loss is not finite in epoch 1, batch \d+; the first output that is "
        r"not finite is that of .*Dense.*Try a smaller learning_rate than 1e\+06"
    )
    with pytest.raises(FloatingPointError, match=message):
        regression.fit(x, y, epochs=50, batch_size=5)
    assert np.array_equal(regression.parameters, before)
    regression.optimizer.learning_rate = 0.01
    assert np.isfinite(regression.fit(x, y).history["loss"]).all()


def test_a_callback_may_end_a_failing_training_quietly():
    x, y = data()

    class Quiet(callbacks.Callback):
        def on_failure(self, failure):
            self.failure = failure
            return True

    quiet = Quiet()
    regression = Sequential([Input((4,)), Dense(3)], seed=0)
    regression.compile(optimizers.SGD(1e6), "mse")
    history = regression.fit(x, y, epochs=50, batch_size=5, callbacks=[quiet])
    assert history.epoch == []
    assert isinstance(quiet.failure, FloatingPointError)
    assert np.isfinite(regression.parameters).all()


def test_callbacks_are_told_in_order():
    x, y = data(10)
    told = []

    class Teller(callbacks.Callback):
        def on_train_begin(self, logs=None):
            told.append("train begin")

        def on_train_end(self, logs=None):
            told.append("train end")

        def on_epoch_begin(self, epoch, logs=None):
            told.append(f"epoch {epoch} begin")

        def on_epoch_end(self, epoch, logs):
            told.append(f"epoch {epoch} end {sorted(logs)}")
            logs["added"] = 1.0

    class Batches(Teller):
        def on_train_batch_begin(self, batch, logs=None):
            told.append(f"batch {batch} begin")

        def on_train_batch_end(self, batch, logs):
            told.append(f"batch {batch} end {sorted(logs)}")

    history = model().fit(x, y, epochs=2, callbacks=[Teller()])
    keys = "['accuracy', 'loss']"
    assert told == [
        "train begin", "epoch 0 begin", f"epoch 0 end {keys}", "epoch 1 begin", f"epoch 1 end {keys}", "train end",
    ]  # fmt: skip
    assert history.history["added"] == [1.0, 1.0]
    told.clear()
    model().fit(x, y, batch_size=5, callbacks=Batches())
    assert told == [
        "train begin", "epoch 0 begin",
        "batch 0 begin", "batch 0 end ['loss']", "batch 1 begin", "batch 1 end ['loss']",
        f"epoch 0 end {keys}", "train end",
    ]  # fmt: skip


def test_watching_batches_changes_no_bit():
    x, y = data()

    class Batches(callbacks.Callback):
        def on_train_batch_end(self, batch, logs):
            pass

    plain, watched = model(), model()
    first = plain.fit(x, y, epochs=2, validation_split=0.2)
    second = watched.fit(x, y, epochs=2, validation_split=0.2, callbacks=[Batches()])
    assert second.history["loss"] == pytest.approx(first.history["loss"], rel=1e-12)
    assert second.history["accuracy"] == first.history["accuracy"]
    assert plain.parameters.tobytes() == watched.parameters.tobytes()


def test_stop_training_ends_after_the_epoch_or_the_batch():
    x, y = data()

    class Stop(callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            self.model.stop_training = epoch == 1

    class StopBatch(callbacks.Callback):
        def on_train_batch_end(self, batch, logs):
            self.model.stop_training = batch == 1

    assert model().fit(x, y, epochs=9, callbacks=[Stop()]).epoch == [0, 1]
    fitted = model()
    assert fitted.fit(x, y, epochs=9, batch_size=10, callbacks=[StopBatch()]).epoch == [0]
    assert fitted.optimizer_state.step == 2


def test_an_exception_in_a_callback_leaves_a_usable_model():
    x, y = data()
    ended = []

    class Failing(callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            raise RuntimeError("no more")

        def on_train_end(self, logs=None):
            ended.append(True)

    fitted = model()
    with pytest.raises(RuntimeError, match="no more"):
        fitted.fit(x, y, epochs=3, callbacks=[Failing()])
    assert ended == [True]
    assert fitted.optimizer_state.step == 2
    fitted.fit(x, y)


def test_two_threads_cannot_train_one_model():
    x, y = data()
    fitted = model()
    inside, leave = threading.Event(), threading.Event()

    class Wait(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=lambda: fitted.fit(x, y, callbacks=[Wait()]))
    thread.start()
    assert inside.wait(10)
    try:
        for call in (lambda: fitted.fit(x, y), lambda: fitted.train_on_batch(x, y)):
            with pytest.raises(RuntimeError, match="the model is being trained, in another thread"):
                call()
        assert fitted.predict(x).shape == (50, 3)
    finally:
        leave.set()
        thread.join()
    fitted.fit(x, y)


# What is shown.


def test_lines_for_each_epoch(capsys):
    x, y = data()
    model().fit(x, y, epochs=2, verbose=2, validation_data=(x, y))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("epoch 2/2 - loss: ")
    assert "val_accuracy: " in lines[1]


def test_a_bar_is_on_standard_error_and_silence_in_a_log_file(capsys):
    x, y = data()
    model().fit(x, y, epochs=2, verbose=1)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "epoch 2/2" in captured.err
    assert "accuracy=" in captured.err
    for verbose in ("auto", 0, False):
        model().fit(x, y, epochs=2, verbose=verbose)
        assert capsys.readouterr() == ("", "")


class Seen:
    """A bar that keeps what it is told."""

    made: list["Seen"]

    def __init__(self, total, unit, *, at_once):
        self.total, self.unit, self.at_once, self.places, self.titles, self.closed = total, unit, at_once, [], [], 0
        Seen.made.append(self)

    def show(self, done, title, values):
        self.places.append(done)
        self.titles.append(title)
        assert values()["loss"]

    def close(self):
        self.closed += 1


@pytest.mark.parametrize("initial_epoch", [0, 3])
@pytest.mark.parametrize("way", ["arrays", "arrays, watched", "batches"])
def test_a_bar_goes_from_nothing_to_all_samples_of_this_fit(monkeypatch, way, initial_epoch):
    monkeypatch.setattr("fastnn.models.reporting.Bar", Seen)
    Seen.made = []
    x, y = data()
    samples, epochs = len(x), initial_epoch + 2
    how = {"epochs": epochs, "initial_epoch": initial_epoch, "verbose": 1}
    if way == "batches":
        model().fit(itertools.cycle([(x[:10], y[:10]), (x[10:], y[10:])]), steps_per_epoch=2, **how)
    else:
        watching = [callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)] if "watched" in way else []
        model().fit(x, y, batch_size=10, callbacks=watching, **how)
    [bar] = Seen.made
    assert (bar.unit, bar.at_once, bar.closed) == ("sample", True, 1)
    assert [title for title, after in zip(bar.titles, [*bar.titles[1:], ""], strict=True) if title != after] == [
        f"epoch {epoch + 1}/{epochs}" for epoch in range(initial_epoch, epochs)
    ]
    if way == "batches":
        # How many samples an iterable has is not known.
        assert bar.total is None
    else:
        assert bar.total == 2 * samples
        assert bar.places == sorted(bar.places)
        assert 0 < bar.places[0] <= samples
        assert samples in bar.places
        assert bar.places[-1] == bar.total


def test_a_terminal_shows_a_bar_only_for_long_trainings(monkeypatch):
    x, y = data()

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    model().fit(x, y, epochs=2)
    assert terminal.getvalue() == ""


def test_moving_statistics_that_overflow_end_training():
    # A batch's variance beyond float32 makes outputs of zero: the loss alone would not show it.
    model = Sequential([Input((2,)), BatchNormalization(), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    before = model.get_weights()
    x = np.array([[1e25, 1.0], [-1e25, 2.0]], dtype=np.float32)
    with pytest.raises(FloatingPointError, match="batch_normalization"):
        model.fit(x, np.zeros((2, 1)))
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("way", ["data", "split"])
def test_bad_validation_data_are_found_before_the_first_step(way):
    model = Sequential([Input((2,)), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    before = model.get_weights()
    x, y = np.ones((8, 2)), np.ones((8, 1))
    x[7, 1] = np.nan
    data = {"validation_data": (x, y)} if way == "data" else {"validation_split": 0.25}
    with pytest.raises(ValueError, match="the validation x must hold finite numbers"):
        model.fit(x[:7] if way == "data" else x, y[:7] if way == "data" else y, **data)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
