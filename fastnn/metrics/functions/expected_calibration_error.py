"""The expected calibration error: whether seven of ten predictions of 70 % come true."""

from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from fastnn.checking.scalars import whole_number
from fastnn.metrics.functions.probabilities import read_probabilities
from fastnn.metrics.labels import read_weights

__all__ = ["expected_calibration_error"]


def expected_calibration_error(
    y_true: ArrayLike, y_pred: ArrayLike, n_bins: SupportsIndex = 15, *, sample_weight: ArrayLike | None = None
) -> float:
    """Compute the mean distance of confidence from accuracy (Naeini et al. 2015, Guo et al. 2017).

    The confidence of a sample is the probability of the class that is predicted, the first of the likeliest. Samples
    whose confidence falls into one of `n_bins` bins of equal width, ``(a, b]``, are taken together: the absolute
    difference of their accuracy and their mean confidence counts as often as there are samples in the bin.

    Parameters
    ----------
    y_true : array_like, shape (n,), (n, 1) or (n, n_classes)
        The truth: labels, one-hot rows or probabilities, as for `accuracy`.
    y_pred : array_like, shape (n,), (n, 1) or (n, n_classes)
        Probabilities: of class 1, or of all classes.
    n_bins : int, default 15
        At least 1.
    sample_weight : array_like, shape (n,), optional
        How much each sample counts, not negative; by default all count the same.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    TypeError, ValueError
        As for `accuracy`; also where predictions are not from 0 to 1, or rows do not sum to 1.

    Examples
    --------
    >>> expected_calibration_error([1, 1, 0, 1], [0.75, 0.75, 0.75, 0.75])
    0.0
    """
    bins = whole_number(n_bins, "n_bins", at_least=1)
    labels, rows = read_probabilities(y_true, y_pred)
    weights = read_weights(sample_weight, len(labels))
    each = np.ones(len(labels)) if weights is None else weights
    chosen = rows.argmax(axis=1)
    confidence = rows[np.arange(len(rows)), chosen]
    place = np.clip(np.ceil(confidence * bins).astype(np.intp) - 1, 0, bins - 1)
    gaps = np.bincount(place, each * ((chosen == labels) - confidence), minlength=bins)
    return float(np.abs(gaps).sum() / each.sum())
