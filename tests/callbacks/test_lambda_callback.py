"""The lambda callback: functions get what methods get, and without functions about batches nothing becomes slow."""

import pytest

from fastnn.callbacks import LambdaCallback


def test_functions_get_what_methods_get(make_model, data):
    told = []
    callback = LambdaCallback(
        on_epoch_begin=lambda epoch, logs: told.append(("epoch begins", epoch, logs)),
        on_epoch_end=lambda epoch, logs: told.append(("epoch ends", epoch, list(logs))),
        on_train_begin=lambda logs: told.append(("train begins", logs)),
        on_train_end=lambda logs: told.append(("train ends", logs)),
        on_train_batch_begin=lambda batch, logs: told.append(("batch begins", batch, logs)),
        on_train_batch_end=lambda batch, logs: told.append(("batch ends", batch, list(logs))),
    )
    make_model().fit(*data, batch_size=20, callbacks=[callback])
    assert told == [
        ("train begins", {}),
        ("epoch begins", 0, {}),
        ("batch begins", 0, {}),
        ("batch ends", 0, ["loss"]),
        ("batch begins", 1, {}),
        ("batch ends", 1, ["loss"]),
        ("epoch ends", 0, ["loss", "mae"]),
        ("train ends", {}),
    ]


def test_what_an_epochs_function_adds_goes_into_the_history(make_model, data):
    callback = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(square=logs["loss"] ** 2))
    history = make_model().fit(*data, epochs=2, callbacks=[callback]).history
    assert history["square"] == [loss**2 for loss in history["loss"]]


@pytest.mark.parametrize("name", ["on_train_batch_begin", "on_train_batch_end"])
def test_only_functions_about_batches_make_training_go_batch_by_batch(make_model, data, name):
    x, y = data
    # A sparse matrix tells which way training goes: its batches cannot be watched.
    matrix = pytest.importorskip("scipy.sparse").csr_array(x)
    quiet = LambdaCallback(on_epoch_begin=lambda *_: None, on_epoch_end=lambda *_: None, on_train_end=lambda _: None)
    assert not quiet.watches_batches
    make_model().fit(matrix, y, callbacks=[quiet])
    watching = LambdaCallback(**{name: lambda batch, logs: None})
    assert watching.watches_batches
    with pytest.raises(ValueError, match="batches of a sparse matrix cannot be watched"):
        make_model().fit(matrix, y, callbacks=[watching])


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="on_epoch_end must be a function, but it is 3"):
        LambdaCallback(on_epoch_end=3)
