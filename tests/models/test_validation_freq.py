"""Validation after some epochs: which they are, what the history says of the others, and who reads it."""

import numpy as np
import pytest
from small_models import data, model

import fastnn
from fastnn.callbacks import Callback
from fastnn.callbacks.history import History

X, Y = data()

FREQUENCIES = {
    1: [0, 1, 2, 3, 4, 5, 6],
    2: [1, 3, 5],
    3: [2, 5],
    100: [],
    (1, 4): [0, 3],
    (7, 2, 2, 50): [1, 6],
    (): [],
}


class Telling(Callback):
    """Adds a value in some epochs alone."""

    def on_epoch_end(self, epoch, logs):
        if epoch % 3 == 1:
            logs["told"] = float(epoch)


def fit(fitted, first, end, freq, **how):
    return fitted.fit(X, Y, initial_epoch=first, epochs=end, validation_data=(X, Y), validation_freq=freq, **how)


@pytest.mark.parametrize("freq", FREQUENCIES, ids=str)
@pytest.mark.parametrize("form", [lambda freq: freq, list, set, np.array], ids=["as it is", "list", "set", "array"])
@pytest.mark.parametrize("first", [0, 1, 3])
def test_epochs_are_counted_by_their_number_wherever_training_begins(freq, form, first):
    if isinstance(freq, int) and form in (list, set):
        form = int
    history = fit(model(), first, 7, form(freq))
    validated = [epoch for epoch in FREQUENCIES[freq] if epoch >= first]
    assert history.epoch == list(range(first, 7))
    assert history.epochs_of("loss") == history.epoch
    assert history.epochs_of("val_loss") == history.epochs_of("val_accuracy") == validated
    assert len(history.history.get("val_loss", [])) == len(validated)
    assert np.isfinite(history.history["loss"]).all()


def test_keras_validates_after_the_same_epochs(keras):
    for freq in (2, 3, [1, 4]):
        theirs = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3, "softmax")])
        theirs.compile("sgd", "categorical_crossentropy")
        told = theirs.fit(
            X, Y, initial_epoch=1, epochs=7, validation_data=(X, Y), validation_freq=freq, verbose=0
        ).history
        ours = fit(model(metrics=()), 1, 7, freq).history
        assert {name: len(values) for name, values in ours.items()} == {k: len(v) for k, v in told.items()}


@pytest.mark.parametrize(
    ("freq", "error", "message"),
    [
        (0, ValueError, "validation_freq must be at least 1, but it is 0"),
        (1.5, TypeError, "validation_freq must be an integer, but it is 1.5"),
        ("2", TypeError, "validation_freq must be an integer, but it is '2'"),
        ([0, 1], ValueError, r"validation_freq\[...\] must be at least 1, but it is 0"),
        ([1.5], TypeError, r"validation_freq\[...\] must be an integer, but it is 1.5"),
        (None, TypeError, "validation_freq must be an integer"),
    ],
)
def test_frequencies_that_cannot_be(freq, error, message):
    with pytest.raises(error, match=message):
        fit(model(), 0, 2, freq)


def test_the_history_in_a_file_has_what_there_is(tmp_path):
    class Saving(Callback):
        def on_epoch_end(self, epoch, logs):
            self.model.save(tmp_path / f"{epoch}.safetensors")

    fitted = model()
    # Saved between two callbacks that add values.
    history = fit(fitted, 0, 6, 2, callbacks=[Saving(), Telling()])
    assert history.epochs_of("told") == [1, 4]
    for epoch in range(6):
        saved = fastnn.load_model(tmp_path / f"{epoch}.safetensors").history
        assert saved.epoch == list(range(epoch + 1))
        for name in saved.history:
            assert saved.epochs_of(name) == [
                each for each in history.epochs_of(name) if each <= epoch and (name != "told" or each < epoch)
            ]
            assert saved.history[name] == history.history[name][: len(saved.history[name])]
    fitted.save(tmp_path / "end.safetensors")
    again = fastnn.load_model(tmp_path / "end.safetensors").history
    assert again.__getstate__() == history.__getstate__()


def test_a_frame_has_nan_where_there_is_no_entry():
    pytest.importorskip("pandas")
    history = fit(model(), 1, 5, 2, callbacks=[Telling()])
    frame = history.to_frame()
    assert frame.index.tolist() == [1, 2, 3, 4]
    assert frame.index.name == "epoch"
    assert frame["val_loss"].dropna().to_dict() == dict(zip([1, 3], history.history["val_loss"], strict=True))
    assert frame["told"].dropna().to_dict() == {1: 1.0, 4: 4.0}
    assert frame["loss"].tolist() == history.history["loss"]
    assert History().to_frame().empty


def test_lists_that_a_user_has_changed():
    history = History()
    for epoch in range(3, 6):
        history.add(epoch, {"loss": 1.0})
    history.history["own"] = [1.0, 2.0]
    history.history["longer"] = [1.0, 2.0, 3.0, 4.0]
    assert history.epochs_of("own") == [3, 4]
    assert len(history.epochs_of("longer")) == 4
    assert history.epochs_of("none") == []
    history.add(6, {"own": 3.0})
    assert history.epochs_of("own") == [3, 4, 6]


def test_the_part_before_an_epoch():
    history = fit(model(), 0, 6, 2, callbacks=[Telling()])
    part = history.before(3)
    assert part.epoch == [0, 1, 2]
    assert part.epochs_of("val_loss") == [1]
    assert part.history["val_loss"] == history.history["val_loss"][:1]
    assert part.history["told"] == [1.0]
    assert vars(history.before(0)) == vars(History())
