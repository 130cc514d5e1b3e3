"""Losses of one's own with targets of any shape, weights for each output, and weights below zero."""

import numpy as np
import pytest

import fastnn
from fastnn.layers import Dense, Input
from fastnn.losses import CLASSES as LOSSES

# Keras' own, of NumPy's new arguments.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 4))
# For each sample three intervals, of which the output has to lie in one.
INTERVALS = np.sort(RNG.normal(size=(30, 3, 2)), axis=2)


def distance(y_true, y_pred):
    """The square of the way to the nearest of the intervals."""
    low, high = y_true[..., 0], y_true[..., 1]
    away = np.maximum(low - y_pred, 0) + np.maximum(y_pred - high, 0)
    return away.min(axis=1) ** 2


def slope(y_true, y_pred):
    low, high = y_true[..., 0], y_true[..., 1]
    away = np.maximum(low - y_pred, 0) - np.maximum(y_pred - high, 0)
    nearest = np.abs(away).argmin(axis=1)
    return -2 * away[np.arange(len(away)), nearest][:, None] / len(y_pred)


def model_of(loss=(distance, slope), outputs=1, **options):
    model = fastnn.Sequential([Input((4,)), Dense(outputs)], seed=0, dtype="float64")
    model.compile(fastnn.optimizers.SGD(0.1), loss, **options)
    return model


def plain(x, y, kernel, bias, weights, batch_size, order):
    """Descent by the book."""
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        error = slope(y[rows], x[rows] @ kernel + bias) * weights[rows, None]
        kernel = kernel - 0.1 * x[rows].T @ error
        bias = bias - 0.1 * error.sum(axis=0)
    return kernel, bias


@pytest.mark.parametrize("weights", [None, RNG.uniform(0, 2, 30)], ids=["plain", "weighted"])
@pytest.mark.parametrize("batch_size", [1, 7, 30])
def test_targets_of_any_shape_come_to_the_loss_as_they_are(weights, batch_size):
    model = model_of()
    given = np.ones(30) if weights is None else weights
    expected = plain(X, INTERVALS, *model.get_weights(), given, batch_size, np.arange(30))
    model.fit(X, INTERVALS, sample_weight=weights, batch_size=batch_size, shuffle=False, verbose=0)
    for found, right in zip(model.get_weights(), expected, strict=True):
        # Thirty steps in double precision.
        np.testing.assert_allclose(found, right, rtol=0, atol=1e-12)
    loss = np.mean(distance(INTERVALS, model.predict(X)) * given)
    assert model.evaluate(X, INTERVALS, sample_weight=weights) == pytest.approx(loss, rel=1e-12)
    assert model.evaluate(X, INTERVALS, sample_weight=weights, batch_size=7) == pytest.approx(loss, rel=1e-12)


def test_rows_that_are_shuffled_keep_their_targets():
    model = model_of()
    model.fit(X, INTERVALS, epochs=30, batch_size=10, verbose=0)
    assert model.evaluate(X, INTERVALS) < 0.2 * model_of().evaluate(X, INTERVALS)


def test_all_kinds_of_training_take_them():
    expected = plain(X, INTERVALS, *model_of().get_weights(), np.ones(30), 10, np.arange(30))
    batches = [(X[start : start + 10], INTERVALS[start : start + 10]) for start in (0, 10, 20)]
    one, other = model_of(), model_of()
    history = one.fit(iter(batches), validation_data=(X, INTERVALS), verbose=0)
    for batch in batches:
        other.train_on_batch(*batch)
    assert history.history["val_loss"][0] == pytest.approx(one.evaluate(X, INTERVALS), rel=1e-12)
    for model in (one, other):
        for found, right in zip(model.get_weights(), expected, strict=True):
            np.testing.assert_allclose(found, right, rtol=0, atol=1e-12)


def test_a_metric_of_ones_own_gets_them_too():
    def inside(y_true, y_pred):
        return distance(y_true, y_pred) == 0

    model = model_of(metrics=[inside])
    found = model.evaluate(X, INTERVALS, return_dict=True)
    assert found["inside"] == pytest.approx(np.mean(distance(INTERVALS, model.predict(X)) == 0))


def test_one_output_of_a_graph_has_them():
    x = Input((4,))
    model = fastnn.Model(x, {"near": Dense(1)(x), "far": Dense(2)(x)}, seed=0, dtype="float64")
    model.compile("sgd", {"near": (distance, slope), "far": "mse"})
    targets = {"near": INTERVALS, "far": X[:, :2]}
    weights = {"near": RNG.uniform(0, 1, 30), "far": None}
    near, far = model.predict(X)
    loss = np.mean(distance(INTERVALS, near) * weights["near"]) + np.mean((far - X[:, :2]) ** 2)
    assert model.evaluate(X, targets, sample_weight=weights)[0] == pytest.approx(loss, rel=1e-12)
    model.fit(X, targets, sample_weight=weights, epochs=20, verbose=0)
    assert model.evaluate(X, targets, sample_weight=weights)[0] < loss


@pytest.mark.parametrize(
    ("y", "message"),
    [(INTERVALS[:29], "as many samples as x, 30"), (np.full((30, 3, 2), np.nan), "y.* is nan")],
)
def test_targets_that_do_not_fit_are_refused(y, message):
    model = model_of()
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.fit(X, y, verbose=0)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


# Weights below zero: what is less likely becomes less likely still, as in a policy gradient.


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_takes_weights_below_zero(name):
    kind = getattr(fastnn.losses, LOSSES[name])
    y_true, y_pred = kind.example(np.random.default_rng(1), 12, 3)[:2]
    weights = np.random.default_rng(2).normal(size=12)
    values = kind(reduction="none")(y_true, y_pred)
    assert kind()(y_true, y_pred, weights) == pytest.approx(np.mean(values * weights), rel=1e-12)


@pytest.mark.parametrize("loss", ["mse", "sparse_categorical_crossentropy"])
def test_training_with_them_is_that_of_keras(keras, loss):
    y = X[:, :2] if loss == "mse" else (X[:, 0] > 0).astype(int)
    weights = np.random.default_rng(2).normal(size=30)
    numbers, models = [], []
    for k in (fastnn.keras, keras):
        activation = None if loss == "mse" else "softmax"
        model = k.Sequential([k.Input((4,)), k.layers.Dense(2, activation=activation)])
        model.set_weights([np.full((4, 2), 0.25) * [1, -1], np.zeros(2)])
        model.compile(k.optimizers.SGD(0.1), loss, jit_compile=False)
        how = {"batch_size": 10, "shuffle": False, "verbose": 0}
        history = model.fit(X.astype("float32"), y, sample_weight=weights, epochs=2, **how).history["loss"]
        numbers.append(history)
        models.append(model)
    # Six steps in float32.
    np.testing.assert_allclose(*numbers, rtol=1e-5, atol=1e-6)
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


def test_metrics_that_are_weighted_refuse_them_before_the_first_step():
    model = model_of("mse", weighted_metrics=["mae"])
    before = model.get_weights()
    with pytest.raises(ValueError, match="sample_weight must not be negative where weighted_metrics are weighed"):
        model.fit(X, X[:, 0], sample_weight=np.full(30, -1.0), verbose=0)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
