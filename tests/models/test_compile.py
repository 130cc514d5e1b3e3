"""Compiling: names of optimisers, losses and metrics, and what is said of those that are unknown."""

import numpy as np
import pytest

import fastnn
from fastnn import losses, metrics, optimizers
from fastnn.layers import Dense, Input
from fastnn.losses.names import LOSSES
from fastnn.models import Sequential
from fastnn.optimizers.names import OPTIMIZERS


def model(outputs=2, activation=None):
    return Sequential([Input((3,)), Dense(outputs, activation)], seed=0)


@pytest.mark.parametrize("name", [*OPTIMIZERS.by_name(), "Adam"])
def test_optimizers_by_name(name):
    compiled = model()
    compiled.compile(name, "mse")
    assert type(compiled.optimizer) is OPTIMIZERS[name]


@pytest.mark.parametrize("name", LOSSES.by_name())
def test_losses_by_name(name):
    compiled = model(activation="sigmoid")
    compiled.compile(loss=name)
    assert type(compiled.loss) is LOSSES[name]


def test_losses_of_other_kinds():
    compiled = model(activation="softmax")
    for loss, kind in (
        (losses.Huber(2.0), losses.Huber),
        (losses.Huber, losses.Huber),
        (fastnn.mse, losses.MeanSquaredError),
        (fastnn.cross_entropy, losses.CategoricalCrossentropy),
        ((lambda t, p: 0.0, lambda t, p: p * 0), losses.CustomLoss),
    ):
        compiled.compile("sgd", loss)
        assert type(compiled.loss) is kind


def test_metrics_of_all_kinds():
    def largest_error(y_true, y_pred):
        return np.abs(y_true - y_pred).max()

    compiled = model()
    compiled.compile("sgd", "mse", metrics=["mae", metrics.R2Score(), largest_error])
    assert [metric.name for metric in compiled.metrics] == ["mae", "r2_score", "largest_error"]
    compiled.compile("sgd", "mse", metrics="mae")
    assert [metric.name for metric in compiled.metrics] == ["mae"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"optimizer": "adma"},
            ValueError,
            "optimizer 'adma' is unknown; did you mean 'adam'. Expected one of sgd, adagrad",
        ),
        ({"optimizer": 3}, TypeError, "optimizer must be a name or an object of fastnn.optimizers"),
        ({"optimizer": None}, TypeError, "optimizer must be a name"),
        (
            {"loss": "mes"},
            ValueError,
            "loss 'mes' is unknown; did you mean 'mse'. Expected one of mean_squared_error, mse",
        ),
        ({"loss": None}, ValueError, "loss is missing: name one"),
        ({"loss": lambda t, p: 0}, TypeError, "a loss of your own needs its gradient too"),
        ({"loss": 3}, TypeError, "loss must be a name, an object of fastnn.losses or a pair"),
        ({"metrics": ["acuracy"]}, ValueError, "metric 'acuracy' is unknown; did you mean 'accuracy'"),
        ({"metrics": [3]}, TypeError, "a metric must be a name"),
        ({"metrics": ["mae", "mae"]}, ValueError, "two values would be called 'mae'"),
        ({"metrics": [lambda t, p: 0.0, lambda t, p: 1.0]}, ValueError, "two values would be called '<lambda>'"),
        ({"metrics": ["top_k_categorical_accuracy"]}, ValueError, "needs 5 outputs or more, but the model has 2"),
    ],
)
def test_what_is_unknown_leaves_the_model_as_it_was(arguments, error, message):
    compiled = model()
    compiled.compile("sgd", "mse", metrics=["mae"])
    before = compiled.optimizer, compiled.loss, compiled.metrics
    with pytest.raises(error, match=message):
        compiled.compile(**({"optimizer": "sgd", "loss": "mse"} | arguments))
    assert (compiled.optimizer, compiled.loss, compiled.metrics) == before


def test_a_model_that_is_not_compiled_says_so():
    x, y = np.zeros((4, 3)), np.zeros((4, 2))
    for call in (lambda m: m.fit(x, y), lambda m: m.evaluate(x, y), lambda m: m.train_on_batch(x, y)):
        with pytest.raises(RuntimeError, match=r"the model is not compiled: call model.compile"):
            call(model())
    assert model().predict(x).shape == (4, 2)


def test_compiling_again_starts_the_optimiser_anew():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)).astype(np.float32), rng.normal(size=(40, 2)).astype(np.float32)
    fresh, again = model(), model()
    for each in (fresh, again):
        each.compile("adam", "mse")
        each.fit(x, y, epochs=3, shuffle=False)
    assert again.optimizer_state.step == 6
    again.compile("adam", "mse")
    assert again.optimizer_state.step == 0
    other = model()
    other.set_weights(again.get_weights())
    other.compile("adam", "mse")
    assert again.fit(x, y, shuffle=False).history == other.fit(x, y, shuffle=False).history
    assert fresh.fit(x, y, shuffle=False).history != again.history.history


def test_the_learning_rate_may_be_assigned():
    compiled = model()
    optimizer = optimizers.SGD(0.1)
    compiled.compile(optimizer, "mse")
    x, y = np.ones((4, 3), np.float32), np.ones((4, 2), np.float32)
    optimizer.learning_rate = 0.0
    before = compiled.parameters.copy()
    compiled.fit(x, y)
    compiled.train_on_batch(x, y)
    assert np.array_equal(compiled.parameters, before)
    compiled.optimizer.learning_rate = 0.1
    compiled.train_on_batch(x, y)
    assert not np.array_equal(compiled.parameters, before)
    with pytest.raises(ValueError, match="learning_rate must be finite and not negative"):
        optimizer.learning_rate = -1
    with pytest.raises(AttributeError, match="momentum cannot be changed"):
        optimizer.momentum = 0.5
