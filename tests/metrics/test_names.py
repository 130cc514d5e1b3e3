"""resolve: names, objects, classes and functions become metric objects."""

import numpy as np
import pytest

from fastnn import metrics
from fastnn.metrics import resolve


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", metrics.Accuracy),
        ("acc", metrics.Accuracy),
        ("Accuracy", metrics.Accuracy),
        ("binary_accuracy", metrics.BinaryAccuracy),
        ("BinaryAccuracy", metrics.BinaryAccuracy),
        ("categorical_accuracy", metrics.CategoricalAccuracy),
        ("sparse_categorical_accuracy", metrics.SparseCategoricalAccuracy),
        ("top_k_categorical_accuracy", metrics.TopKCategoricalAccuracy),
        ("sparse_top_k_categorical_accuracy", metrics.SparseTopKCategoricalAccuracy),
        ("precision", metrics.Precision),
        ("recall", metrics.Recall),
        ("f1_score", metrics.F1Score),
        ("auc", metrics.AUC),
        ("AUC", metrics.AUC),
        ("mse", metrics.MeanSquaredError),
        ("MSE", metrics.MeanSquaredError),
        ("mean_squared_error", metrics.MeanSquaredError),
        ("RootMeanSquaredError", metrics.RootMeanSquaredError),
        ("rmse", metrics.RootMeanSquaredError),
        ("mae", metrics.MeanAbsoluteError),
        ("mean_absolute_error", metrics.MeanAbsoluteError),
        ("r2_score", metrics.R2Score),
        ("mape", metrics.MeanAbsolutePercentageError),
        ("MSLE", metrics.MeanSquaredLogarithmicError),
        ("log_cosh_error", metrics.LogCoshError),
        ("cosine_similarity", metrics.CosineSimilarity),
        ("squared_hinge", metrics.SquaredHinge),
        ("CategoricalHinge", metrics.CategoricalHinge),
    ],
)
def test_names(name, expected):
    metric = resolve(name, 10)
    assert type(metric) is expected
    assert metric.name == name  # the history's key is what the user wrote


def test_objects_and_classes():
    metric = metrics.TopKCategoricalAccuracy(k=3)
    assert resolve(metric, 10) is metric
    assert isinstance(resolve(metrics.AUC, 1), metrics.AUC)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (metrics.accuracy, metrics.Accuracy),
        (metrics.mean_squared_error, metrics.MeanSquaredError),
        (metrics.mean_absolute_error, metrics.MeanAbsoluteError),
        (metrics.r2, metrics.FunctionMetric),
        (metrics.f1, metrics.FunctionMetric),
    ],
)
def test_functions_of_the_package(function, expected):
    metric = resolve(function, 3)
    assert type(metric) is expected
    assert metric.name == function.__name__
    y_true, y_pred = np.eye(3)[[0, 1, 2, 0]], np.array([[0.8, 0.1, 0.1], [0.2, 0.6, 0.2], [0.5, 0.1, 0.4], [1, 0, 0]])
    assert metric(y_true, y_pred) == function(y_true, y_pred)


def test_own_functions():
    def bias(y_true, y_pred):
        return np.mean(y_pred - y_true)

    def errors_of_samples(y_true, y_pred):
        return np.abs(y_pred - y_true).max(axis=1)

    y_true, y_pred = np.zeros((2, 2)), np.array([[1.0, 3.0], [2.0, 0.0]])
    assert resolve(bias, 2).name == "bias"
    assert resolve(bias, 2)(y_true, y_pred) == 1.5
    assert resolve(errors_of_samples, 2)(y_true, y_pred) == 2.5


def test_own_objects_with_and_without_a_name():
    class Scorer:
        def __call__(self, y_true, y_pred):
            return 1

    scorer = Scorer()
    assert resolve(scorer, 1).name == "Scorer"
    scorer.name = "score"
    assert resolve(scorer, 1).name == "score"
    assert isinstance(resolve(scorer, 1)([0], [0]), float)


@pytest.mark.parametrize("returned", [None, "good", [], 1j])
def test_functions_that_return_no_number(returned):
    metric = resolve(lambda y_true, y_pred: returned, 1)
    with pytest.raises(TypeError, match=r"the metric <lambda> returned .*; expected a number"):
        metric([0], [0])


@pytest.mark.parametrize(
    ("metric", "outputs", "error", "message"),
    [
        ("acuracy", 10, ValueError, "'acuracy' is unknown; did you mean 'accuracy'.* Expected one of accuracy, .*r2"),
        ("xyzzy", 10, ValueError, "'xyzzy' is unknown. Expected one of accuracy"),
        (None, 10, TypeError, "but it is None"),
        (3, 10, TypeError, "but it is 3"),
        ("categorical_accuracy", 1, ValueError, "categorical_accuracy needs 2 outputs or more, but the model has 1"),
        ("top_k_categorical_accuracy", 3, ValueError, "needs 5 outputs or more, but the model has 3"),
        (metrics.Recall(class_id=2), 2, ValueError, "recall needs 3 outputs or more"),
    ],
)
def test_refusals(metric, outputs, error, message):
    with pytest.raises(error, match=message):
        resolve(metric, outputs)
