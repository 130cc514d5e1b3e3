"""The Brier score: the squared error of probabilities."""

import numpy as np
from numpy.typing import ArrayLike

from fastnn.metrics.functions.probabilities import read_probabilities
from fastnn.metrics.labels import read_weights

__all__ = ["brier_score"]


def brier_score(y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None) -> float:
    """Compute the mean squared error of probabilities (Brier 1950), as scikit-learn's ``brier_score_loss``.

    Of two classes it is the mean of ``(p - y)**2`` for class 1, from 0 to 1; of more, the sum over classes, to 2.

    Parameters
    ----------
    y_true : array_like, shape (n,), (n, 1) or (n, n_classes)
        The truth: labels, one-hot rows or probabilities, as for `accuracy`.
    y_pred : array_like, shape (n,), (n, 1) or (n, n_classes)
        Probabilities: of class 1, or of all classes.
    sample_weight : array_like, shape (n,), optional
        How much each sample counts, not negative; by default all count the same.

    Returns
    -------
    float
        0 for the truth with certainty.

    Raises
    ------
    TypeError, ValueError
        As for `accuracy`; also where predictions are not from 0 to 1, or rows do not sum to 1.

    Examples
    --------
    >>> brier_score([0, 1], [0.5, 1.0])
    0.125
    """
    labels, rows = read_probabilities(y_true, y_pred)
    errors = np.square(rows - np.eye(rows.shape[1])[labels]).sum(axis=1)
    if rows.shape[1] == 2:
        errors = errors / 2
    return float(np.average(errors, weights=read_weights(sample_weight, len(labels))))
