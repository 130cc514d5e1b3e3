"""The squared error of predicted numbers."""

import numpy as np
from numpy.typing import ArrayLike

from fastnn.metrics.functions.pairs import read_pair
from fastnn.metrics.labels import read_weights
from fastnn_ext.bindings.metrics import squared_error

__all__ = ["mean_squared_error"]


def mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None) -> float:
    """Compute the mean of ``(y_pred - y_true)**2`` over samples and outputs, in double precision.

    Parameters
    ----------
    y_true : array_like, shape (n,), (n, 1) or (n, outputs)
        The truth. Labels become rows by `fastnn.to_categorical`.
    y_pred : array_like, shape (n,), (n, 1) or (n, outputs)
        The prediction, with as many outputs; (n,) and (n, 1) mean the same.
    sample_weight : array_like, shape (n,), optional
        How much each sample counts, not negative; by default all count the same.

    Returns
    -------
    float
        At least 0, in the unit of `y_true` squared.

    Raises
    ------
    TypeError
        If an argument is not numeric.
    ValueError
        If the shapes disagree, an argument is empty, has another number of dimensions or contains NaN or an infinity,
        or a weight is negative or all of them are zero.

    Examples
    --------
    >>> mean_squared_error([1.0, 2.0], [1.0, 2.5])
    0.125
    """
    true, pred = read_pair(y_true, y_pred)
    weights = read_weights(sample_weight, len(true))
    if weights is None:
        return squared_error(true, pred) / true.size
    return float(np.average(np.square(pred - true).mean(axis=1), weights=weights))
