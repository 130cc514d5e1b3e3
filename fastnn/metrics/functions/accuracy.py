"""The share of samples that are right: the predicted class is the true one."""

import numpy as np
from numpy.typing import ArrayLike

from fastnn.metrics.labels import are_plain_batches, read_labels, read_weights
from fastnn_ext.bindings.metrics import count_correct

__all__ = ["accuracy"]


def accuracy(y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None) -> float:
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
    sample_weight : array_like, shape (n,), optional
        How much each sample counts, not negative; by default all count the same.

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
        contains NaN, a label is negative, fractional, or not a class of the other argument, or a weight is negative
        or all of them are zero.

    Examples
    --------
    >>> from fastnn.metrics import accuracy
    >>> accuracy([0, 1, 2, 1], [[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.6, 0.1, 0.3], [0.0, 1.0, 0.0]])
    0.75
    >>> accuracy([0, 1], [[0.2], [0.9]])
    1.0
    >>> accuracy([0, 1], [0, 0], sample_weight=[3, 1])
    0.75
    """
    if sample_weight is None and are_plain_batches(y_true, y_pred):
        return count_correct(y_true, y_pred) / len(y_pred)  # type: ignore[arg-type]
    true_labels, pred_labels, _ = read_labels(y_true, y_pred)
    weights = read_weights(sample_weight, len(true_labels))
    right = true_labels == pred_labels
    if weights is None:
        return int(np.count_nonzero(right)) / len(right)
    return float(np.average(right, weights=weights))
