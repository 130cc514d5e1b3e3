"""The share of the variance of numbers that predictions explain."""

import numpy as np
from numpy.typing import ArrayLike

from fastnn.metrics.functions.pairs import read_pair
from fastnn.metrics.labels import read_weights

__all__ = ["r2"]


def r2(y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None) -> float:
    """Compute the coefficient of determination, R²: the share of the truth's variance that is explained.

    It is ``1 - sum((y_true - y_pred)**2) / sum((y_true - mean(y_true))**2)``, averaged over the outputs. An output
    whose truth is constant counts 1 where the prediction is exact and 0 where it is not.

    Parameters, shapes and errors are those of `mean_squared_error`; in addition there must be two samples or more.

    Returns
    -------
    float
        1 for exact predictions, 0 for predictions as good as the mean, below 0 for worse ones.

    Examples
    --------
    >>> r2([1.0, 2.0, 3.0], [1.0, 2.0, 3.5])
    0.875
    """
    true, pred = read_pair(y_true, y_pred)
    if len(true) < 2:
        raise ValueError("y_true has 1 sample; R² compares with the variance and needs at least 2.")
    weights = read_weights(sample_weight, len(true))
    column = np.ones((len(true), 1)) if weights is None else weights[:, None]
    unexplained = (column * np.square(true - pred)).sum(axis=0)
    variation = (column * np.square(true - np.average(true, axis=0, weights=weights))).sum(axis=0)
    varies = variation > 0
    scores = np.where(unexplained > 0, 0.0, 1.0)
    scores[varies] = 1 - unexplained[varies] / variation[varies]
    return float(scores.mean())
