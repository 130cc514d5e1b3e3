"""The monitor: which name, which direction, what is better, and what is said of a name that is not there."""

import math

import pytest

from fastnn.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from fastnn.callbacks.monitor import MonitorCallback


@pytest.mark.parametrize(
    "name",
    [
        "accuracy",
        "val_acc",
        "val_sparse_categorical_accuracy",
        "AUC",
        "val_auc",
        "precision",
        "val_recall",
        "f1_score",
        "val_r2_score",
        "top_k_categorical_accuracy",
    ],
)
def test_larger_is_better_by_name(name):
    assert MonitorCallback(name).improves(0.6, 0.5)
    assert not MonitorCallback(name).improves(0.5, 0.6)
    assert MonitorCallback(name, mode="min").improves(0.5, 0.6)


@pytest.mark.parametrize("name", ["loss", "val_loss", "mae", "val_mean_squared_error", "learning_rate"])
def test_smaller_is_better_otherwise(name):
    assert MonitorCallback(name).improves(0.5, 0.6)
    assert not MonitorCallback(name).improves(0.6, 0.5)
    assert MonitorCallback(name, mode="max").improves(0.6, 0.5)


def test_only_more_than_min_delta_is_better():
    # Numbers that binary floats hold exactly.
    assert not MonitorCallback("loss", min_delta=0.25).improves(0.75, 1.0)
    assert MonitorCallback("loss", min_delta=0.25).improves(0.5, 1.0)
    assert not MonitorCallback("accuracy", min_delta=0.25).improves(0.75, 0.5)
    assert MonitorCallback("accuracy", min_delta=0.25).improves(1.0, 0.5)


@pytest.mark.parametrize("mode", ["min", "max"])
def test_nan_is_never_better(mode):
    monitor = MonitorCallback("val_loss", mode)
    assert not monitor.improves(math.nan, None)
    assert not monitor.improves(math.nan, 1.0)
    assert monitor.improves(math.inf, None)


@pytest.mark.parametrize(
    "callback", [EarlyStopping(), ReduceLROnPlateau(), ModelCheckpoint("model.safetensors", save_best_only=True)]
)
def test_a_monitor_that_is_not_in_the_logs(make_model, data, callback):
    message = (
        rf"the {type(callback).__name__}'s monitor 'val_loss' is unknown; did you mean 'loss'\? Expected one of loss, "
        "mae.*, or a name with val_ before it, for which fit needs validation_data or validation_split"
    )
    with pytest.raises(ValueError, match=message):
        make_model(optimizer="sgd").fit(*data, epochs=3, callbacks=[callback])


def test_a_misspelt_monitor_where_there_is_validation(make_model, data):
    with pytest.raises(
        ValueError, match=r"'val_maee' is unknown; did you mean 'val_mae'.* Expected one of loss, mae, val"
    ):
        make_model().fit(*data, validation_split=0.25, callbacks=[EarlyStopping("val_maee")])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"monitor": 3}, TypeError, "monitor must be the name of a value, such as 'val_loss', but it is 3"),
        ({"mode": "maximum"}, ValueError, "mode must be 'auto', 'min' or 'max', but it is 'maximum'"),
        ({"min_delta": -1.0}, ValueError, "min_delta must be finite and not negative, but it is -1.0"),
        ({"min_delta": "small"}, TypeError, "min_delta must be a number, but it is 'small'"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=message):
        EarlyStopping(**arguments)
