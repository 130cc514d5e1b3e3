"""Tests of the metrics: every pairing of label forms gives the same accuracy, and mismatches are refused."""

import numpy as np
import pytest

from fastnn.metrics import accuracy

FORMS = {
    "labels": lambda labels: labels,
    "column": lambda labels: labels[:, None],
    "float labels": lambda labels: labels.astype(np.float32),
    "one-hot": lambda labels: np.eye(4)[labels],
    "probabilities": lambda labels: 0.4 * np.eye(4, dtype=np.float32)[labels] + 0.15,
    "uint8": lambda labels: labels.astype(np.uint8),
    "list": lambda labels: labels.tolist(),
}


@pytest.mark.parametrize("true_form", FORMS)
@pytest.mark.parametrize("pred_form", FORMS)
def test_every_form_against_every_form(true_form, pred_form):
    rng = np.random.default_rng(3)
    y_true, y_pred = rng.integers(0, 4, size=(2, 50))
    expected = sum(int(t == p) for t, p in zip(y_true, y_pred, strict=True)) / 50
    assert 0 < expected < 1
    result = accuracy(FORMS[true_form](y_true), FORMS[pred_form](y_pred))
    assert type(result) is float
    assert result == expected


def test_extremes():
    assert accuracy([0, 1, 2], [0, 1, 2]) == 1.0
    assert accuracy([0, 1, 2], [1, 2, 0]) == 0.0
    assert accuracy([5], [5]) == 1.0


def test_no_broadcasting_of_column_against_row():
    assert accuracy([[0], [1]], [0, 1]) == 1.0


@pytest.mark.parametrize("y_true", [[0, 1, 0, 1], [[0], [1], [0], [1]], np.eye(2)[[0, 1, 0, 1]]])
def test_column_of_probabilities_is_cut_above_one_half(y_true):
    assert accuracy(y_true, [[0.1], [0.9], [0.5], [0.51]]) == 1.0
    assert accuracy(y_true, [[0.6], [0.9], [0.51], [0.5]]) == 0.25


def test_saturated_probabilities_and_booleans():
    assert accuracy([0, 1], [[0.0], [1.0]]) == 1.0
    assert accuracy([0, 1], np.array([False, False])) == 0.5


def test_first_of_equal_columns_wins():
    assert accuracy([0, 1], [[0.5, 0.5], [0.5, 0.5]]) == 0.5


def test_infinite_scores_still_have_a_largest():
    assert accuracy([0, 1], [[0.0, -np.inf], [-np.inf, 0.0]]) == 1.0


@pytest.mark.parametrize(
    ("y_true", "y_pred", "error", "message"),
    [
        ([0, 1], [0, 1, 1], ValueError, r"y_true has 2 sample\(s\), y_pred 3"),
        ([0], [0, 1], ValueError, r"y_true has 1 sample\(s\), y_pred 2"),
        ([], [], ValueError, r"y_true has shape \(0,\)"),
        ([0], np.zeros((1, 0)), ValueError, r"y_pred has shape \(1, 0\)"),
        (1, 1, ValueError, r"y_true has shape \(\)"),
        ([0], np.zeros((1, 1, 2)), ValueError, r"y_pred has shape \(1, 1, 2\)"),
        ([0, np.nan], [0, 1], ValueError, "y_true contains NaN"),
        ([0, 1], [[0.5, 0.5], [np.nan, 1.0]], ValueError, "y_pred contains NaN"),
        ([0, 1], [0, np.inf], ValueError, "y_pred holds inf"),
        ([0, 3], np.eye(2), ValueError, "y_true holds the label 3, but y_pred has 2 classes"),
        (np.eye(2), [0, 2], ValueError, "y_pred holds the label 2, but y_true has 2 classes"),
        ([0, 2], [[0.2], [0.7]], ValueError, "y_true holds the label 2, but y_pred has 2 classes"),
        (np.eye(2), np.eye(3)[:2], ValueError, "y_true has 2 classes, y_pred 3"),
        ([0, -1], [0, 1], ValueError, "y_true holds the label -1"),
        ([0, 1], [0, -1], ValueError, "y_pred holds the label -1"),
        ([0.2, 0.7], [0, 1], ValueError, "y_true holds 0.2"),
        ([[0.2], [0.7]], [0, 1], ValueError, "y_true holds 0.2"),
        ([0, 1], [0.2, 0.7], ValueError, "y_pred holds 0.2"),
        ([0, 1], [[-1.5], [2.5]], ValueError, "y_pred holds -1.5.*sigmoid"),
        (["a"], [0], TypeError, "y_true must hold real numbers, but its dtype is <U1"),
        ([0], [None], TypeError, "y_pred must hold real numbers, but its dtype is object"),
        ([0], [1j], TypeError, "y_pred must hold real numbers, but its dtype is complex128"),
    ],
)
def test_refusals(y_true, y_pred, error, message):
    with pytest.raises(error, match=message):
        accuracy(y_true, y_pred)
