"""Errors of predicted numbers: squared, absolute, and as a share of the variance that they leave unexplained."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.checking.arrays import finite_array, numeric_array
from fastnn.metrics.labels import read_weights
from fastnn_ext.bindings.metrics import absolute_error, squared_error

__all__ = ["mean_absolute_error", "mean_squared_error", "r2"]


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
    true, pred = _pair(y_true, y_pred)
    weights = read_weights(sample_weight, len(true))
    if weights is None:
        return squared_error(true, pred) / true.size
    return float(np.average(np.square(pred - true).mean(axis=1), weights=weights))


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
    true, pred = _pair(y_true, y_pred)
    weights = read_weights(sample_weight, len(true))
    if weights is None:
        return absolute_error(true, pred) / true.size
    return float(np.average(np.abs(pred - true).mean(axis=1), weights=weights))


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
    true, pred = _pair(y_true, y_pred)
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


def _pair(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    true, pred = _rows("y_true", y_true), _rows("y_pred", y_pred)
    if true.shape != pred.shape:
        raise ValueError(
            f"y_true has {len(true)} sample(s) of {true.shape[1]} output(s), y_pred {len(pred)} of {pred.shape[1]}; "
            "expected the same. Class labels become rows by fastnn.to_categorical."
        )
    return true, pred


def _rows(name: str, value: ArrayLike) -> NDArray[np.float64]:
    array: NDArray[Any] = numeric_array(value, name)
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; expected at least one sample, as (n,) or (n, outputs).")
    return finite_array(array, name, ndim=array.ndim).reshape(len(array), -1)
