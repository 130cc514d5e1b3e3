"""What the metric functions refuse, and what they say."""

import numpy as np
import pytest

from fastnn import metrics

SCORES = (metrics.precision, metrics.recall, metrics.f1)
WEIGHTED = (metrics.accuracy, *SCORES, metrics.confusion_matrix)
ERRORS = (metrics.mean_squared_error, metrics.mean_absolute_error, metrics.r2)

named = {"ids": lambda function: getattr(function, "__name__", None)}


@pytest.mark.parametrize("metric", [*WEIGHTED, *ERRORS], **named)
@pytest.mark.parametrize(
    ("weight", "error", "message"),
    [
        ([1, 2, 3], ValueError, r"sample_weight has 3 weight\(s\), but there are 2 sample\(s\)"),
        ([[1, 2]], ValueError, r"sample_weight has shape \(1, 2\)"),
        ([1, -2], ValueError, "sample_weight holds -2.0"),
        ([0, 0], ValueError, "sample_weight holds only zeros"),
        ([1, np.nan], ValueError, "sample_weight contains NaN"),
        ([1, np.inf], ValueError, "sample_weight contains an infinity"),
        (["a", "b"], TypeError, "sample_weight must hold real numbers, but its dtype is <U1"),
    ],
)
def test_weights(metric, weight, error, message):
    with pytest.raises(error, match=message):
        metric([0, 1], [0, 1], sample_weight=weight)


@pytest.mark.parametrize("metric", [*WEIGHTED, metrics.top_k_accuracy, metrics.roc_auc], **named)
@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        ([0], np.eye(2), r"y_true has 1 sample\(s\), y_pred 2"),
        (np.array([[0]]), np.eye(2), r"y_true has 1 sample\(s\), y_pred 2"),
        ([0, 2], np.eye(2), "y_true holds the label 2, but y_pred has 2 classes"),
        (np.array([0, 2]), np.eye(2), "y_true holds the label 2, but y_pred has 2 classes"),
        (np.array([0, -1]), np.eye(2), "y_true holds the label -1"),
        (np.eye(3)[:2], np.eye(2), "y_true has 3 classes, y_pred 2"),
        ([0, 1], [[0.5, np.nan], [0, 1]], "y_pred contains NaN"),
        (np.array([0, 1]), np.array([[0.5, np.nan], [0, 1]]), "y_pred contains NaN"),
        (np.array([[np.nan, 0], [0, 1]]), np.eye(2), "y_true contains NaN"),
        (np.zeros((0, 1), int), np.zeros((0, 2)), r"y_true has shape \(0, 1\)"),
    ],
)
def test_samples(metric, y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        metric(y_true, y_pred)


@pytest.mark.parametrize("score", SCORES, **named)
def test_averages(score):
    with pytest.raises(ValueError, match="average is 'samples'; expected one of 'macro', 'micro'"):
        score([0, 1], [0, 1], average="samples")
    with pytest.raises(ValueError, match="average is 'binary', but there are 3 classes"):
        score([0, 2], [0, 1], average="binary")
    with pytest.raises(ValueError, match=r"zero_division is 0\.5"):
        score([0, 1], [0, 1], zero_division=0.5)
    with pytest.raises(ValueError, match="there are 1000000001 classes"):
        score([0, 10**9], [0, 1])


@pytest.mark.parametrize(
    ("classes", "error", "message"),
    [
        (2, ValueError, "y_true holds the label 2, but the matrix has 2 classes"),
        (0, ValueError, "num_classes must be at least 1, but it is 0"),
        (2.0, TypeError, "num_classes must be an integer, but it is 2.0"),
        (10**10, ValueError, "too large to allocate"),
    ],
)
def test_confusion_matrix(classes, error, message):
    with pytest.raises(error, match=message):
        metrics.confusion_matrix([0, 2], [0, 1], num_classes=classes)


@pytest.mark.parametrize(
    ("k", "y_pred", "error", "message"),
    [
        (0, np.eye(2), ValueError, "k must be at least 1, but it is 0"),
        (3, np.eye(2), ValueError, "k is 3, but y_pred has 2 classes"),
        (1.0, np.eye(2), TypeError, "k must be an integer, but it is 1.0"),
        (1, [0, 1], ValueError, r"y_pred has shape \(2,\); expected scores of all classes"),
    ],
)
def test_top_k_accuracy(k, y_pred, error, message):
    with pytest.raises(error, match=message):
        metrics.top_k_accuracy([0, 1], y_pred, k)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        ([1, 1], [0.1, 0.2], "y_true has no sample of class 0"),
        ([0, 0], [0.1, 0.2], "y_true has no sample of class 1"),
        ([0, 1], np.eye(3)[:2], "y_true has no sample of class 2"),
        ([0, 2], [0.1, 0.2], "y_true holds the label 2, but y_pred has 2 classes"),
        ([0.5, 1], [0.1, 0.2], r"y_true holds 0\.5"),
    ],
)
def test_roc_auc(y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        metrics.roc_auc(y_true, y_pred)


@pytest.mark.parametrize("metric", ERRORS, **named)
@pytest.mark.parametrize(
    ("y_true", "y_pred", "error", "message"),
    [
        ([0, 1], [0, 1, 2], ValueError, r"y_true has 2 sample\(s\) of 1 output\(s\), y_pred 3 of 1"),
        ([0, 1], np.eye(2), ValueError, r"y_true has 2 .* of 1 .*, y_pred 2 of 2.*to_categorical"),
        ([], [], ValueError, r"y_true has shape \(0,\)"),
        ([0, 1], np.zeros((1, 1, 2)), ValueError, r"y_pred has shape \(1, 1, 2\)"),
        ([0, np.nan], [0, 1], ValueError, "y_true contains NaN"),
        ([0, 1], [0, np.inf], ValueError, "y_pred contains an infinity"),
        (["a", "b"], [0, 1], TypeError, "y_true must hold real numbers, but its dtype is <U1"),
    ],
)
def test_errors(metric, y_true, y_pred, error, message):
    with pytest.raises(error, match=message):
        metric(y_true, y_pred)


def test_r2_of_one_sample():
    with pytest.raises(ValueError, match="R² compares with the variance and needs at least 2"):
        metrics.r2([1.0], [1.0])


def test_a_column_and_a_row_are_not_broadcast():
    assert metrics.mean_squared_error([[0.0], [1.0]], [0.0, 1.0]) == 0.0
