"""The monitor: which name, which direction, what is better, and what is said of a name that is not there."""

import math

import numpy as np
import pytest

from fastnn import metrics
from fastnn.callbacks import Callback, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from fastnn.callbacks.monitor import MonitorCallback
from fastnn.metrics import FunctionMetric, Metric
from fastnn.metrics.names import METRICS


class Iou(Metric):
    """A metric of one's own that declares its direction."""

    larger_is_better = True

    def __init__(self, name="iou"):
        super().__init__(name)

    def __call__(self, y_true, y_pred):
        return 0.5


class Bare(Metric):
    """One that does not."""

    def __call__(self, y_true, y_pred):
        return 0.5


def declared(y_true, y_pred):
    return 0.5


def undeclared(y_true, y_pred):
    return 0.5


declared.larger_is_better = True

LARGER = [
    *("accuracy", "acc", "binary_accuracy", "precision", "recall", "f1_score", "auc", "r2_score", "AUC"),
    *(metrics.Accuracy("loss_of_nothing"), metrics.Recall(name="error"), Iou(), Iou("mae_of_boxes"), declared),
    *(metrics.precision, metrics.recall, metrics.f1, metrics.roc_auc, metrics.r2, metrics.accuracy),
    FunctionMetric(undeclared, larger_is_better=True),
]
SMALLER = [
    *("mae", "mse", "mean_squared_error", "mean_absolute_error"),
    *(metrics.MeanAbsoluteError("accuracy_lost"), metrics.mean_squared_error),
    *(FunctionMetric(undeclared, "auc_gap", larger_is_better=False), FunctionMetric(declared, larger_is_better=False)),
]


def watching(make_model, metric, monitor=None, **more):
    """A monitor of a model with this metric, as training sets it up."""
    model = make_model(metrics=[metric])
    found = MonitorCallback(monitor or model.metrics[0].name, **more)
    found.set_model(model)
    return found


def short(metric):
    return metric if isinstance(metric, str) else getattr(metric, "name", getattr(metric, "__name__", ""))


@pytest.mark.parametrize("prefix", ["", "val_"])
@pytest.mark.parametrize(("metric", "larger"), [(m, True) for m in LARGER] + [(m, False) for m in SMALLER], ids=short)
def test_the_direction_is_the_metrics(make_model, metric, larger, prefix):
    name = prefix + make_model(metrics=[metric]).metrics[0].name
    monitor = watching(make_model, metric, name)
    assert monitor.improves(0.6, 0.5) is larger
    assert monitor.improves(0.5, 0.6) is not larger
    assert watching(make_model, metric, name, mode="min").improves(0.5, 0.6)
    assert watching(make_model, metric, name, mode="max").improves(0.6, 0.5)


@pytest.mark.parametrize("name", list(METRICS.by_name()))
def test_every_metric_of_the_package_has_a_direction(name):
    assert isinstance(METRICS[name].larger_is_better, bool)


@pytest.mark.parametrize("name", ["loss", "val_loss"])
def test_a_loss_is_better_when_it_is_smaller(make_model, name):
    assert watching(make_model, "accuracy", name).improves(0.5, 0.6)
    assert MonitorCallback(name).improves(0.5, 0.6)


CALLBACKS = [
    lambda monitor, **more: EarlyStopping(monitor, **more),
    lambda monitor, **more: ReduceLROnPlateau(monitor, **more),
    lambda monitor, **more: ModelCheckpoint("model.safetensors", monitor, save_best_only=True, **more),
]


@pytest.mark.parametrize("make", CALLBACKS)
@pytest.mark.parametrize("metric", [Bare("iou"), FunctionMetric(undeclared, "iou")], ids=["object", "function"])
def test_a_direction_that_nobody_declares_is_refused_before_training(make_model, data, make, metric):
    model = make_model(metrics=[metric])
    model.build()
    before = model.get_weights()
    with pytest.raises(ValueError, match="pass mode='max' or mode='min', or give the metric iou an attribute"):
        model.fit(*data, validation_split=0.25, callbacks=[make("val_iou")])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("make", CALLBACKS)
def test_what_a_callback_adds_needs_a_mode(make_model, data, make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    class Adding(Callback):
        def on_epoch_end(self, epoch, logs):
            logs["iou"] = epoch / 10

    with pytest.raises(ValueError, match=r"monitor 'iou' is unknown.*with mode='max' or mode='min'"):
        make_model(optimizer="sgd").fit(*data, epochs=2, callbacks=[Adding(), make("iou")])
    watcher = make("iou", mode="max")
    make_model(optimizer="sgd").fit(*data, epochs=3, callbacks=[Adding(), watcher])
    assert watcher.best == 0.2


def test_the_best_model_of_an_own_metric_is_kept(make_model, data, tmp_path):
    values = iter([0.1, 0.1, 0.9, 0.9, 0.5, 0.5])  # training and validation, three epochs

    class Told(Iou):
        def __call__(self, y_true, y_pred):
            return next(values)

    path = str(tmp_path / "{epoch}.npz")
    keeper = ModelCheckpoint(path, "val_iou", save_best_only=True, save_weights_only=True)
    make_model(metrics=[Told()]).fit(*data, epochs=3, validation_split=0.25, callbacks=[keeper])
    assert keeper.best == 0.9
    assert sorted(file.name for file in tmp_path.iterdir()) == ["1.npz", "2.npz"]


def test_a_checkpoint_of_every_epoch_compares_nothing(make_model, data, tmp_path):
    every = ModelCheckpoint(tmp_path / "model.safetensors", "iou")
    make_model().fit(*data, callbacks=[every])
    assert (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize("value", ["up", 1, None])
def test_directions_that_are_none(make_model, value):
    class Odd(Bare):
        larger_is_better = value

    with pytest.raises((TypeError, ValueError), match="larger_is_better"):
        watching(make_model, Odd("odd"))
    if value is not None:
        with pytest.raises(TypeError, match="larger_is_better must be True or False"):
            FunctionMetric(undeclared, larger_is_better=value)


def test_only_more_than_min_delta_is_better(make_model):
    # Numbers that binary floats hold exactly.
    assert not MonitorCallback("loss", min_delta=0.25).improves(0.75, 1.0)
    assert MonitorCallback("loss", min_delta=0.25).improves(0.5, 1.0)
    assert not watching(make_model, "accuracy", min_delta=0.25).improves(0.75, 0.5)
    assert watching(make_model, "accuracy", min_delta=0.25).improves(1.0, 0.5)


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
