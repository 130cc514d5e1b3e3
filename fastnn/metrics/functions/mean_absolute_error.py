"""The absolute error of predicted numbers."""

import numpy as np
from numpy.typing import ArrayLike

from fastnn.metrics.functions.pairs import read_pair
from fastnn.metrics.labels import read_weights
from fastnn_ext.bindings.metrics import absolute_error

__all__ = ["mean_absolute_error"]


def mean_absolute_error(y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None) -> float:
    """Compute the mean of ``abs(y_pred - y_true)`` over samples and outputs, in double precision.

    Parameters, shapes and errors are those of `mean_squared_error`.

    Returns
    -------
    float
        At least 0, in the unit of `y_true`.

    Examples
    --------
    >>> mean_absolute_error([1.0, 2.0], [1.0, 2.5])
    0.25
    """
    true, pred = read_pair(y_true, y_pred)
    weights = read_weights(sample_weight, len(true))
    if weights is None:
        return absolute_error(true, pred) / true.size
    return float(np.average(np.abs(pred - true).mean(axis=1), weights=weights))
