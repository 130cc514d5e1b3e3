"""Truth as labels and predictions as rows of probabilities, for the metrics that judge probabilities."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.metrics.labels import Labels, check_labels_below, read_samples, read_truth

__all__ = ["read_probabilities"]

# How far from 1 the sum of a row may be: float32 sums of thousands of classes are nearer.
_TOLERANCE = 1e-3


def read_probabilities(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Labels, NDArray[np.float64]]:
    """Return the true labels (n,) and the probability of each class, (n, classes).

    Predictions of shape (n,) or (n, 1) are the probability of class 1.

    Raises
    ------
    TypeError, ValueError
        As `fastnn.metrics.accuracy`; also where predictions are not from 0 to 1, or rows do not sum to 1.

    Examples
    --------
    >>> read_probabilities([0, 1], [0.25, 0.75])
    (array([0, 1]), array([[0.75, 0.25],
           [0.25, 0.75]]))
    """
    true_values, pred_values = read_samples(y_true, y_pred)
    labels, true_classes = read_truth(true_values)
    rows = pred_values.reshape(len(pred_values), -1).astype(np.float64)
    outside = rows[(rows < 0) | (rows > 1)]
    if outside.size:
        raise ValueError(
            f"y_pred holds {outside[0]}; expected probabilities from 0 to 1. Apply the sigmoid or softmax to logits."
        )
    if rows.shape[1] == 1:
        rows = np.hstack([1 - rows, rows])
    sums = rows.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1) > _TOLERANCE)
    if wrong.size:
        raise ValueError(
            f"row {wrong[0]} of y_pred sums to {sums[wrong[0]]:g}; expected probabilities of classes, which sum to 1. "
            "For outputs that each decide on their own, judge one column at a time."
        )
    if true_classes and true_classes != rows.shape[1]:
        raise ValueError(f"y_true has {true_classes} classes, y_pred {rows.shape[1]}; expected the same.")
    check_labels_below("y_true", labels, "y_pred", rows.shape[1])
    return labels, rows
