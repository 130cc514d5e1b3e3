"""The share of samples whose true class is among the first k."""

from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from fastnn.checking.scalars import whole_number
from fastnn.metrics.labels import check_labels_below, read_samples, read_truth, read_weights
from fastnn_ext.bindings.metrics import top_k_hits

__all__ = ["top_k_accuracy"]


def top_k_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, k: SupportsIndex = 5, *, sample_weight: ArrayLike | None = None
) -> float:
    """Compute the share of samples whose true class is among the `k` with the largest scores.

    Parameters
    ----------
    y_true : array_like, shape (n,), (n, 1) or (n, n_classes)
        The truth: labels, one-hot rows or probabilities, as for `accuracy`.
    y_pred : array_like, shape (n, n_classes)
        Scores of all classes, such as probabilities. Of equal scores the one further left comes first, so that
        ``k=1`` is the accuracy.
    k : int, default 5
        From 1 to the number of classes.
    sample_weight : array_like, shape (n,), optional
        How much each sample counts, not negative; by default all count the same.

    Returns
    -------
    float
        A number from 0 to 1.

    Raises
    ------
    TypeError
        If an argument is not numeric or `k` is not an integer.
    ValueError
        As for `accuracy`; also if `y_pred` has fewer than two columns or `k` is not from 1 to their number.

    Examples
    --------
    >>> top_k_accuracy([0, 1], [[0.5, 0.2, 0.3], [0.5, 0.2, 0.3]], k=2)
    0.5
    """
    first = whole_number(k, "k", at_least=1)
    true_values, scores = read_samples(y_true, y_pred)
    if scores.ndim != 2 or scores.shape[1] < 2:
        raise ValueError(f"y_pred has shape {scores.shape}; expected scores of all classes, of shape (n, n_classes).")
    true_labels, true_classes = read_truth(true_values)
    classes = scores.shape[1]
    if true_classes and true_classes != classes:
        raise ValueError(f"y_true has {true_classes} classes, y_pred {classes}; expected the same.")
    check_labels_below("y_true", true_labels, "y_pred", classes)
    if first > classes:
        raise ValueError(f"k is {first}, but y_pred has {classes} classes; expected k from 1 to {classes}.")
    weights = read_weights(sample_weight, len(true_labels))
    hits = top_k_hits(true_labels, scores, first)
    if weights is None:
        return int(np.count_nonzero(hits)) / len(hits)
    return float(np.average(hits, weights=weights))
