"""Metrics: a metric is one number that says how well predictions agree with the truth.

Unlike a loss it is for people and not for training, so it takes labels, one-hot rows and probabilities alike.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn._checks import are_whole, class_labels, numeric_array

__all__ = ["accuracy"]


def accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Compute the share of samples whose predicted class is the true one.

    Parameters
    ----------
    y_true : array_like, shape (n,), (n, 1) or (n, n_classes)
        The truth. Arrays of shape (n,) or (n, 1) hold class labels 0, 1, 2, …; rows of two or more columns
        are one-hot or probabilities, and the class is the column of the largest value (the first of equals).
    y_pred : array_like, shape (n,), (n, 1) or (n, n_classes)
        The prediction, read in the same way. In addition, a column of shape (n, 1) with values between whole
        numbers holds probabilities of class 1, as one sigmoid output gives them: all in [0, 1], and class 1
        where above 0.5.

    Returns
    -------
    float
        A number from 0 (all wrong) to 1 (all right).

    Raises
    ------
    TypeError
        If an argument is not numeric.
    ValueError
        If the lengths or numbers of classes disagree, an argument is empty, has another shape or
        contains NaN, or a label is negative, fractional, or not a class of the other argument.

    Examples
    --------
    >>> from fastnn.metrics import accuracy
    >>> accuracy([0, 1, 2, 1], [[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.6, 0.1, 0.3], [0.0, 1.0, 0.0]])
    0.75
    >>> accuracy([0, 1], [[0.2], [0.9]])
    1.0
    """
    true_values, pred_values = _samples("y_true", y_true), _samples("y_pred", y_pred)
    if len(true_values) != len(pred_values):
        raise ValueError(
            f"y_true has {len(true_values)} sample(s), y_pred {len(pred_values)}; "
            "expected one prediction per sample."
        )
    true_labels, true_classes = _labels("y_true", true_values)
    pred_classes: int | None
    if pred_values.ndim == 2 and pred_values.shape[1] == 1 and not are_whole(pred_values).all():
        pred_labels, pred_classes = _threshold(pred_values), 2
    else:
        pred_labels, pred_classes = _labels("y_pred", pred_values)

    if true_classes and pred_classes and true_classes != pred_classes:
        raise ValueError(f"y_true has {true_classes} classes, y_pred {pred_classes}; expected the same.")
    _check_labels_below("y_true", true_labels, "y_pred", pred_classes)
    _check_labels_below("y_pred", pred_labels, "y_true", true_classes)
    return int(np.count_nonzero(true_labels == pred_labels)) / len(true_labels)


def _samples(name: str, value: ArrayLike) -> NDArray[Any]:
    array = numeric_array(name, value)
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(
            f"{name} has shape {array.shape}; expected at least one sample, as labels of shape (n,) or "
            "(n, 1) or rows of shape (n, n_classes)."
        )
    return array


def _labels(name: str, array: NDArray[Any]) -> tuple[NDArray[np.int64], int | None]:
    """Return the labels (n,) and the number of classes, where the shape tells it."""
    if array.ndim == 2 and array.shape[1] > 1:
        return array.argmax(axis=1), array.shape[1]
    return class_labels(name, array.ravel()), None


def _threshold(probabilities: NDArray[Any]) -> NDArray[np.int64]:
    outside = probabilities[(probabilities < 0) | (probabilities > 1)]
    if outside.size:
        raise ValueError(
            f"y_pred holds {outside[0]}; expected class labels, or a column of probabilities from 0 to 1. "
            "Apply the sigmoid to logits, or choose the classes with a threshold of your own."
        )
    return (probabilities[:, 0] > 0.5).astype(np.int64)


def _check_labels_below(name: str, labels: NDArray[np.int64], other: str, classes: int | None) -> None:
    if classes and labels.max() >= classes:
        raise ValueError(
            f"{name} holds the label {labels.max()}, but {other} has {classes} classes; "
            f"expected labels from 0 to {classes - 1}."
        )
