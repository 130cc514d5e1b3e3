"""Backup and restoration: the same script, run again, goes on to the same bits as if it had never stopped."""

import os

import numpy as np
import pytest

from fastnn.callbacks import BackupAndRestore, Callback, ReduceLROnPlateau
from fastnn.layers import Activation, Dense, Dropout, Input
from fastnn.losses import CustomLoss
from fastnn.models import Sequential

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 3)), RNG.normal(size=(20, 1))


def cube(y_true, y_pred):
    return np.mean(np.abs(y_true - y_pred) ** 3, axis=1)


def cube_prime(y_true, y_pred):
    return 3 * np.sign(y_pred - y_true) * (y_true - y_pred) ** 2 / y_pred.size


def twice(x):
    return 2 * x


def twice_prime(x):
    return np.full_like(x, 2.0)


def compiled(seed=3, units=5, loss="mse", optimizer="adam"):
    model = Sequential([Input((3,)), Dense(units, "relu"), Dropout(0.2), Dense(1)], seed=seed)
    model.compile(optimizer, loss, metrics=["mae"])
    return model


def of_ones_own():
    model = Sequential([Dense(4), Activation((twice, twice_prime)), Dense(1)], seed=3)
    model.compile("adam", CustomLoss(cube, cube_prime))
    return model


class Killed(Exception):
    pass


class Kill(Callback):
    """Ends a training as a kill does, as far as one process can: behind the backup, at the end of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs):
        if epoch == self.epoch:
            raise Killed


def trained(make, folder, epochs=6, more=(), **how):
    model = make()
    callbacks = [ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=10.0), BackupAndRestore(folder), *more]
    history = model.fit(X, Y, epochs=epochs, batch_size=4, callbacks=callbacks, **how)
    return model, history


@pytest.mark.parametrize("make", [compiled, of_ones_own])
def test_the_same_script_goes_on_to_the_same_bits(tmp_path, make):
    whole, expected = trained(make, tmp_path / "whole")
    assert os.listdir(tmp_path / "whole") == []
    with pytest.raises(Killed):
        trained(make, tmp_path / "killed", more=[Kill(2)])
    assert os.listdir(tmp_path / "killed") == ["backup.safetensors"]
    again, history = trained(make, tmp_path / "killed")
    assert history.history == expected.history
    assert history.epoch == [0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(again.parameters, whole.parameters)
    assert os.listdir(tmp_path / "killed") == []


def test_a_backup_that_is_kept_leaves_nothing_to_do(tmp_path):
    model = compiled()
    model.fit(X, Y, epochs=2, callbacks=[BackupAndRestore(tmp_path, delete_checkpoint=False)])
    again = compiled(seed=4)
    again.fit(X, Y, epochs=2, callbacks=[BackupAndRestore(tmp_path, delete_checkpoint=False)])
    np.testing.assert_array_equal(again.parameters, model.parameters)
    again.fit(X, Y, epochs=3, callbacks=[BackupAndRestore(tmp_path)])
    assert again.history.epoch == [0, 1, 2]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: compiled(units=6), "another kind of layers"),
        (lambda: compiled(loss="mae"), "another loss"),
        (lambda: compiled(optimizer="sgd"), "another optimizer"),
    ],
)
def test_a_backup_of_another_model_is_refused(tmp_path, make, message):
    with pytest.raises(Killed):
        compiled().fit(X, Y, epochs=3, callbacks=[BackupAndRestore(tmp_path), Kill(1)])
    model = make()
    before = model.parameters.copy()
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y, epochs=3, callbacks=[BackupAndRestore(tmp_path)])
    np.testing.assert_array_equal(model.parameters, before)
    assert model.history is None


def test_a_damaged_backup_is_refused(tmp_path):
    (tmp_path / "backup.safetensors").write_bytes(b"no model")
    with pytest.raises(ValueError, match=r"backup.safetensors"):
        compiled().fit(X, Y, callbacks=[BackupAndRestore(tmp_path)])


def test_restore_by_itself(tmp_path):
    model, path = compiled(), tmp_path / "model.safetensors"
    model.fit(X, Y, epochs=2)
    model.save(path)
    again = compiled(seed=9)
    assert again.restore(path) == 2
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    for each in (model, again):
        each.fit(X, Y, epochs=4, initial_epoch=2)
    np.testing.assert_array_equal(again.parameters, model.parameters)
    with pytest.raises(FileNotFoundError):
        again.restore(tmp_path / "none.safetensors")


def test_refusals():
    with pytest.raises(ValueError, match="save_freq must be 'epoch'"):
        BackupAndRestore("a", save_freq=10)
    with pytest.raises(TypeError, match="delete_checkpoint must be True or False"):
        BackupAndRestore("a", delete_checkpoint=1)
