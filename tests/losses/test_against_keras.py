"""Losses called by themselves, as objects and as functions, have Keras' values, weights and reductions."""

import pickle

import numpy as np
import pytest
from loss_table import CASES

from fastnn import losses
from fastnn.layers import Dense, Input
from fastnn.losses.base import REDUCTIONS
from fastnn.losses.kinds import CLASSES
from fastnn.losses.names import resolve
from fastnn.models import Sequential
from fastnn.registry import Without

CASES = {name: case for name, case in CASES.items() if not isinstance(case[0].keras, Without)}
every_case = pytest.mark.parametrize("case", CASES)
WEIGHTS = np.array([1.0, 0.0, 2.5, 1.0, 0.5, 3.0, 1.0])


def arrays(case):
    loss, _, targets, outputs = CASES[case][:4]
    rng = np.random.default_rng(3)
    return loss, targets(rng), outputs(rng)


def options_of(loss):
    return {name: list(value) if isinstance(value, tuple) else value for name, value in loss.configuration().items()}


def in_keras(keras, loss, y_true, y_pred, sample_weight=None, reduction="sum_over_batch_size"):
    theirs = getattr(keras.losses, loss.keras)(**options_of(loss), reduction=reduction)
    return np.asarray(theirs(y_true, y_pred, sample_weight))


def close(ours, theirs):
    # Keras computes in float32.
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6)


# Keras divides the samples' sum by one weight where that is a number.
WEIGHINGS = [
    (reduction, kind)
    for reduction in (*REDUCTIONS, None)
    for kind in ("none", "(n,)", "(n, 1)", "number")
    if (reduction, kind) != ("mean_with_sample_weight", "number")
]
KINDS_OF_WEIGHTS = {"none": None, "(n,)": WEIGHTS, "(n, 1)": WEIGHTS[:, None], "number": 2.0}


@pytest.mark.parametrize(("reduction", "kind"), WEIGHINGS)
@pytest.mark.parametrize("case", ["MSE", "categorical", "sparse"])
def test_every_reduction_and_kind_of_weights(keras_over_any, case, reduction, kind):
    loss, y_true, y_pred = arrays(case)
    weights = KINDS_OF_WEIGHTS[kind]
    theirs = in_keras(keras_over_any, loss, y_true, y_pred, weights, reduction)
    ours = type(loss)(**loss.configuration(), reduction=reduction)(y_true, y_pred, sample_weight=weights)
    # Beside a column of weights Keras gives a column.
    close(ours, theirs.reshape(-1) if theirs.ndim else theirs)


@every_case
def test_every_loss(keras_over_any, case):
    loss, y_true, y_pred = arrays(case)
    close(loss(y_true, y_pred, WEIGHTS), in_keras(keras_over_any, loss, y_true, y_pred, WEIGHTS))


@pytest.mark.parametrize("case", {type(case[0]): name for name, case in CASES.items()}.values())
def test_functions_give_the_loss_of_each_sample(keras_over_any, case):
    loss, y_true, y_pred = arrays(case)
    function, theirs = getattr(losses, loss.name), getattr(keras_over_any.losses, loss.name)
    ours = function(y_true, y_pred, **loss.configuration())
    assert ours.shape == (len(y_pred),)
    close(ours, np.asarray(theirs(y_true, y_pred, **options_of(loss))))


def test_options_of_functions_follow_by_position():
    assert losses.huber([[0.0]], [[3.0]], 2.0) == losses.huber([[0.0]], [[3.0]], delta=2.0) == [4.0]


# Probabilities of 0 and 1, and shares that do not sum to 1.
EDGES = {
    "binary": (losses.BinaryCrossentropy(), [[0.0, 1.0, 1.0, 0.0]], [[0.0, 1.0, 0.0, 1.0]]),
    "binary focal": (losses.BinaryFocalCrossentropy(), [[0.0, 1.0, 1.0, 0.0]], [[0.0, 1.0, 0.0, 1.0]]),
    "categorical": (losses.CategoricalCrossentropy(), [[0, 1, 0], [0, 0, 1]], [[0.0, 1.0, 0.0], [0.5, 0.25, 0.0]]),
    "categorical focal": (losses.CategoricalFocalCrossentropy(), [[0, 1, 0]], [[0.0, 0.5, 0.0]]),
    "sparse": (losses.SparseCategoricalCrossentropy(), [1, 2], [[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]]),
    "KL": (losses.KLDivergence(), [[0.0, 1.0]], [[1.0, 0.0]]),
    "Poisson": (losses.Poisson(), [[2.0]], [[0.0]]),
    "MAPE": (losses.MeanAbsolutePercentageError(), [[0.0]], [[1.0]]),
    "cosine of nothing": (losses.CosineSimilarity(), [[0.0, 0.0]], [[1.0, 0.0]]),
}


@pytest.mark.parametrize("edge", EDGES)
def test_outputs_at_the_limits(keras_over_any, edge):
    loss, y_true, y_pred = EDGES[edge]
    expected = in_keras(keras_over_any, loss, np.array(y_true, float), np.array(y_pred), None, "none")
    # Next to 1, float32 has seven digits, of which the logarithm of what is left keeps one or two.
    np.testing.assert_allclose(type(loss)(reduction="none")(y_true, y_pred), expected, rtol=0.02, atol=1e-6)


SHAPES = {
    "one row": ((4,), (4,)),
    "one output": ((5,), (5, 1)),
    "one output, both": ((5, 1), (5, 1)),
    "rows of rows": ((2, 3, 4), (2, 3, 4)),
}


@pytest.mark.parametrize("shapes", SHAPES)
def test_shapes_are_read_as_in_keras(keras_over_any, shapes):
    rng = np.random.default_rng(4)
    y_true, y_pred = (rng.normal(size=shape) for shape in SHAPES[shapes])
    ours = losses.MeanAbsoluteError(reduction="none")(y_true, y_pred)
    expected = np.asarray(keras_over_any.losses.MeanAbsoluteError(reduction="none")(y_true, y_pred))
    assert ours.shape == expected.shape
    close(ours, expected)


@pytest.mark.parametrize("name", ["MeanSquaredError", "Huber", "CategoricalCrossentropy"])
def test_a_call_agrees_with_evaluate(name):
    rng = np.random.default_rng(5)
    model = Sequential([Input((3,)), Dense(4, "softmax")], seed=0, dtype="float64")
    loss = getattr(losses, name)()
    model.compile("sgd", loss)
    x, y = rng.normal(size=(9, 3)), np.eye(4)[rng.integers(4, size=9)]
    # Sums of a few numbers in another order.
    assert loss(y, model.predict(x)) == pytest.approx(model.evaluate(x, y), rel=1e-12)
    weights = rng.uniform(size=9)
    assert loss(y, model.predict(x), weights) == pytest.approx(model.evaluate(x, y, sample_weight=weights), rel=1e-12)


@pytest.mark.parametrize("name", CLASSES)
def test_functions_are_names_of_losses(name):
    function = getattr(losses, name)
    assert function is getattr(losses, name)
    assert type(resolve(function)).__name__ == CLASSES[name]
    assert pickle.loads(pickle.dumps(function)) is function


def test_a_loss_of_ones_own_is_called_too():
    def fourth_power(y_true, y_pred):
        return np.mean((y_true - y_pred) ** 4, axis=1)

    loss = losses.CustomLoss(fourth_power, lambda y_true, y_pred: 4 * (y_pred - y_true) ** 3 / y_pred.size)
    assert loss([[0.0], [0.0]], [[1.0], [2.0]]) == 8.5
    assert loss([[0.0], [0.0]], [[1.0], [2.0]], sample_weight=[1.0, 0.0]) == 0.5
    mean = losses.CustomLoss(lambda y_true, y_pred: np.mean(np.abs(y_true - y_pred)), loss.gradient, "mean")
    assert mean([[0.0], [0.0]], [[1.0], [2.0]]) == 1.5
    with pytest.raises(ValueError, match="the loss mean gives one number for all samples"):
        mean([[0.0], [0.0]], [[1.0], [2.0]], sample_weight=[1.0, 0.0])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: losses.Huber(reduction="average"), ValueError, "reduction must be one of 'sum_over_batch_size'"),
        (lambda: losses.MeanSquaredError()([[1.0]], [["a"]]), TypeError, "y_pred must hold real numbers"),
        (lambda: losses.MeanSquaredError()([[1.0]], [[np.nan]]), ValueError, "y_pred contains NaN"),
        (lambda: losses.MeanSquaredError()([1.0], [[1.0, 2.0]]), ValueError, r"takes targets of shape \(samples, 2\)"),
        (lambda: losses.MeanSquaredError()(1.0, 2.0), ValueError, "y_pred must be outputs"),
        (lambda: losses.MeanSquaredError()([[1.0, 2.0, 3.0]], [[1.0, 2.0]]), ValueError, "y_true must have the shape"),
        (lambda: losses.MeanSquaredError()([1.0, 2.0], [1.0, 2.0], [1.0, 2.0]), ValueError, "one axis is one row"),
        (lambda: losses.MeanSquaredError()([[1.0]], [[1.0]], [np.inf]), ValueError, "must hold finite numbers"),
        (lambda: losses.Poisson()([[-1.0]], [[1.0]]), ValueError, "takes counts, which are not negative"),
        (lambda: losses.SparseCategoricalCrossentropy()([3], [[0.5, 0.5]]), ValueError, "class numbers from 0 to 1"),
        (lambda: losses.CategoricalCrossentropy()([[1, 0]], [[0.5, -0.5]]), ValueError, "row 0 of y_pred is"),
        (lambda: losses.CategoricalCrossentropy()([[1, 0]], [[0.0, 0.0]]), ValueError, "not all 0"),
        (lambda: losses.huber([[1.0]], [[1.0]], reduction="sum"), TypeError, "for another reduction call Huber"),
        (lambda: losses.huber([[1.0]], [[1.0]], dleta=1.0), TypeError, "did you mean 'delta'"),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("reduction", ["sum", "none", None, "mean_with_sample_weight"])
def test_training_takes_means_alone(reduction):
    model = Sequential([Input((2,)), Dense(1)], seed=0)
    model.compile("sgd", losses.MeanSquaredError("mean"))
    before = model.loss
    with pytest.raises(ValueError, match="training takes the mean of its samples' losses"):
        model.compile("sgd", losses.MeanSquaredError(reduction))
    assert model.loss is before
