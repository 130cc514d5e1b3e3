"""The logarithmic loss: how surprised probabilities are by the truth."""

import numpy as np
from numpy.typing import ArrayLike

from fastnn.metrics.functions.probabilities import read_probabilities
from fastnn.metrics.labels import read_weights

__all__ = ["log_loss"]


def log_loss(y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None) -> float:
    """Compute the mean of ``-log(p)``, where p is the probability that was given to the true class.

    A probability of 0 counts as float64's machine epsilon, 2.2e-16, and costs 36.

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
        At least 0.

    Raises
    ------
    TypeError, ValueError
        As for `accuracy`; also where predictions are not from 0 to 1, or rows do not sum to 1.

    Examples
    --------
    >>> round(log_loss([0, 1], [0.25, 0.5]), 6)
    0.490415
    """
    labels, rows = read_probabilities(y_true, y_pred)
    given = rows[np.arange(len(labels)), labels]
    weights = read_weights(sample_weight, len(labels))
    surprises = -np.log(np.clip(given, np.finfo(np.float64).eps, 1.0))
    return float(np.average(surprises, weights=weights))
