"""L-BFGS over all samples: the optima of convex problems, the same steps as SciPy's own, and what it cannot do."""

import sys

import numpy as np
import pytest

from fastnn import callbacks, optimizers
from fastnn.constraints import MaxNorm
from fastnn.layers import BatchNormalization, Dense, Dropout, GaussianNoise, Input, LayerNormalization
from fastnn.models import Sequential
from fastnn.regularizers import L2

optimize = pytest.importorskip("scipy.optimize")

SAMPLES = 60
EXACT = {"tolerance_grad": 1e-12, "tolerance_change": 0.0}


def data(classes=3):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(SAMPLES, 4))
    # Noise, so that no plane divides the classes.
    return x, (x @ rng.normal(size=(4, classes)) + rng.normal(size=(SAMPLES, classes))).argmax(axis=1)


def model(layers, loss, dtype="float64", **how):
    made = Sequential([Input((4,)), *layers], dtype=dtype, seed=0)
    made.compile(optimizers.LBFGS(**(EXACT | how)), loss)
    return made


def test_a_straight_line_is_that_of_least_squares():
    x, _ = data()
    y = x @ [1.0, -2.0, 0.5, 3.0] + 0.7 + np.random.default_rng(1).normal(size=SAMPLES)
    fitted = model([Dense(1)], "mse")
    history = fitted.fit(x, y, epochs=100)
    right, squares, *_ = np.linalg.lstsq(np.hstack([x, np.ones((SAMPLES, 1))]), y, rcond=None)
    # Where the loss is flat to 1e-16, the weights are known to its root.
    np.testing.assert_allclose(np.concatenate([array.ravel() for array in fitted.get_weights()]), right, atol=1e-7)
    assert history.history["loss"][-1] == pytest.approx(squares[0] / SAMPLES, rel=1e-12)
    assert len(history.epoch) < 30, "it ends where there is nothing left to do"


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("classes", [2, 3])
def test_logistic_regression_is_scikit_learns(classes, weighted):
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, labels = data(classes)
    weights = np.linspace(0, 2, SAMPLES) if weighted else None
    # Ours is the mean and the whole square of the weights, theirs the sum and half of it.
    penalty = 0.01
    theirs = linear_model.LogisticRegression(C=1 / (2 * penalty * SAMPLES), tol=1e-12, max_iter=10_000)
    theirs.fit(x, labels, sample_weight=weights)
    layer = Dense(1, "sigmoid", kernel_regularizer=L2(penalty))
    loss = "binary_crossentropy"
    if classes == 3:
        layer = Dense(3, "softmax", kernel_regularizer=L2(penalty))
        loss = "sparse_categorical_crossentropy"
    fitted = model([layer], loss)
    fitted.fit(x, labels, epochs=200, sample_weight=weights)
    kernel, bias = fitted.get_weights()
    # Both stop where gradients are some 1e-9, and the curvature is at least the penalty's 0.02.
    np.testing.assert_allclose(kernel.T, theirs.coef_, rtol=0, atol=1e-5)
    # A constant added to all biases of a softmax changes nothing.
    np.testing.assert_allclose(bias - (classes == 3) * bias.mean(), theirs.intercept_, rtol=0, atol=1e-5)


def test_iterations_are_scipys():
    x, labels = data()
    y = np.eye(3)[labels]
    fitted = model([Dense(6, "tanh"), Dense(3)], "mse", history_size=5)
    shapes = [array.shape for array in fitted.get_weights()]
    cuts = np.cumsum([np.prod(shape) for shape in shapes])[:-1]

    def value_and_gradient(point):
        w1, b1, w2, b2 = (part.reshape(shape) for part, shape in zip(np.split(point, cuts), shapes, strict=True))
        hidden = np.tanh(x @ w1 + b1)
        error = hidden @ w2 + b2 - y
        d2 = 2 * error / error.size
        d1 = d2 @ w2.T * (1 - hidden**2)
        gradient = [(x.T @ d1).ravel(), d1.sum(axis=0), (hidden.T @ d2).ravel(), d2.sum(axis=0)]
        return np.mean(error**2), np.concatenate(gradient)

    losses = []
    result = optimize.minimize(
        value_and_gradient,
        np.concatenate([array.ravel() for array in fitted.get_weights()]),
        jac=True,
        method="L-BFGS-B",
        callback=lambda intermediate_result: losses.append(intermediate_result.fun),
        options={"maxiter": 15, "maxcor": 5, "gtol": 1e-12, "ftol": 0.0},
    )
    history = fitted.fit(x, y, epochs=15)
    # Roundings grow from iteration to iteration.
    assert history.history["loss"] == pytest.approx(losses, rel=1e-8)
    got = np.concatenate([array.ravel() for array in fitted.get_weights()])
    np.testing.assert_allclose(got, result.x, rtol=0, atol=1e-6)


def test_an_epoch_is_an_iteration_that_goes_down():
    x, labels = data()
    told = []

    class Teller(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            told.append(("begin", epoch))

        def on_epoch_end(self, epoch, logs):
            told.append(("end", epoch))

    fitted = model([Dense(6, "tanh"), Dense(3, "softmax")], "sparse_categorical_crossentropy")
    first = fitted.evaluate(x, labels)
    history = fitted.fit(x[:50], labels[:50], epochs=6, validation_data=(x[50:], labels[50:]), callbacks=[Teller()])
    losses = [first, *history.history["loss"]]
    assert (np.diff(losses) < 0).all()
    assert len(history.history["val_loss"]) == 6
    assert history.history["val_loss"][-1] == fitted.evaluate(x[50:], labels[50:])
    assert told == [(what, epoch) for epoch in range(6) for what in ("begin", "end")]


def test_a_callback_may_end_it():
    x, labels = data()

    class Stop(callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            self.model.stop_training = epoch == 2
            self.weights = self.model.get_weights()

    stop = Stop()
    fitted = model([Dense(6, "tanh"), Dense(3, "softmax")], "sparse_categorical_crossentropy")
    assert fitted.fit(x, labels, epochs=50, callbacks=[stop]).epoch == [0, 1, 2]
    for got, kept in zip(fitted.get_weights(), stop.weights, strict=True):
        assert np.array_equal(got, kept)


def test_tolerances_end_it():
    x, labels = data()

    def epochs(**how):
        fitted = model([Dense(3, "softmax")], "sparse_categorical_crossentropy", **how)
        return len(fitted.fit(x, labels, epochs=200).epoch)

    exact = epochs()
    assert epochs(tolerance_grad=1e-2) < exact < 200
    assert epochs(tolerance_change=1e-3) < exact


def test_float32_comes_close():
    x, labels = data()
    results = []
    for dtype in ("float32", "float64"):
        fitted = model([Dense(3, "softmax")], "sparse_categorical_crossentropy", dtype)
        results.append(fitted.fit(x, labels, epochs=100).history["loss"][-1])
    assert results[0] == pytest.approx(results[1], rel=1e-6)


@pytest.mark.parametrize(
    "layers",
    [
        lambda: [Dense(5, "tanh", use_bias=False), Dense(3, "softmax")],
        lambda: [Dense(5), BatchNormalization(scale=False), Dense(3, "softmax", use_bias=False)],
        lambda: [
            LayerNormalization(center=False),
            Dense(5, "gelu"),
            LayerNormalization(scale=False),
            Dense(3, "softmax"),
        ],
        lambda: [LayerNormalization(scale=False, center=False), Dense(3, "softmax")],
    ],
    ids=["no bias", "batch normalization", "layer normalization", "no scale and no shift"],
)
def test_layers_that_lack_an_array(layers):
    x, labels = data()
    fitted = model(layers(), "sparse_categorical_crossentropy")
    before = fitted.evaluate(x, labels)
    assert fitted.fit(x, labels, epochs=20).history["loss"][-1] < 0.7 * before


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Dense(3, "softmax", kernel_constraint=MaxNorm(0.1))], "LBFGS knows no constraints, but dense has one"),
        ([Dense(5), Dropout(0.5), Dense(3, "softmax")], "always the same, but dropout draws at random"),
        ([GaussianNoise(0.5), Dense(3, "softmax")], "always the same, but gaussian_noise draws at random"),
    ],
    ids=["constraint", "dropout", "noise"],
)
def test_layers_that_a_line_search_cannot_have(layers, message):
    x, labels = data()
    fitted = model(layers, "sparse_categorical_crossentropy")
    before = fitted.parameters.copy()
    with pytest.raises(ValueError, match=message):
        fitted.fit(x, labels, epochs=20)
    assert np.array_equal(fitted.parameters, before)


def test_single_steps_are_refused():
    x, labels = data()
    fitted = model([Dense(3, "softmax")], "sparse_categorical_crossentropy")
    before = fitted.parameters.copy()
    with pytest.raises(ValueError, match="LBFGS looks at all samples in every step: call fit"):
        fitted.train_on_batch(x, labels)
    assert np.array_equal(fitted.parameters, before)


def test_a_start_that_is_not_finite():
    x, labels = data()
    fitted = model([Dense(3)], "mse")
    fitted.set_weights([np.full((4, 3), 1e200), np.zeros(3)])
    before = fitted.parameters.copy()
    with pytest.raises(FloatingPointError, match="the loss is not finite in the first look at the data"):
        fitted.fit(x, np.eye(3)[labels])
    assert np.array_equal(fitted.parameters, before)


def test_without_scipy_it_says_how_to_get_it(monkeypatch):
    x, labels = data()
    fitted = model([Dense(3, "softmax")], "sparse_categorical_crossentropy")
    before = fitted.parameters.copy()
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "scipy", None)
        with pytest.raises(ImportError, match=r"^LBFGS needs SciPy: pip install fastnn-ext\[scipy\]$"):
            fitted.fit(x, labels)
    assert np.array_equal(fitted.parameters, before)
    assert len(fitted.fit(x, labels, epochs=2).epoch) == 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"history_size": 0}, ValueError, "history_size must be at least 1, but it is 0"),
        ({"history_size": 2.5}, TypeError, "history_size must be an integer"),
        ({"tolerance_grad": -1}, ValueError, "tolerance_grad must be finite and not negative"),
        ({"tolerance_change": "small"}, TypeError, "tolerance_change must be a number"),
    ],
    ids=str,
)
def test_bad_numbers(arguments, error, message):
    with pytest.raises(error, match=message):
        optimizers.LBFGS(**arguments)
