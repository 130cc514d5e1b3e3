"""Arrays of numbers as functions take them: finite, without NaN, with so many axes, or to be written over others."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.convert import to_dense_array
from fastnn.checking.arrays import check_finite, converted

__all__ = ["finite_array", "numeric_array", "real_array", "replacement"]


def real_array(value: ArrayLike, name: str) -> NDArray[Any]:
    """``value``, of any kind that `to_array` takes, as an array of finite real numbers.

    Raises
    ------
    TypeError
        For an object, complex, string or date dtype, ragged lists or a sparse matrix.
    ValueError
        When it holds NaN or infinity; the message names the first place.

    Examples
    --------
    >>> real_array([[1.0, float("nan")]], "x_train")
    Traceback (most recent call last):
    ...
    ValueError: x_train must hold finite numbers, but x_train[0, 1] is nan: remove or fill in such samples first
    """
    array = to_dense_array(value, name)
    check_finite(array, name)
    return array


def numeric_array(value: ArrayLike, name: str) -> NDArray[Any]:
    """The same as `real_array`, where infinities are taken and NaN is not.

    >>> numeric_array([1, float("inf")], "y_pred")
    array([ 1., inf])
    """
    array = to_dense_array(value, name)
    if np.isnan(array).any():
        raise ValueError(f"{name} contains NaN; expected numbers only. Remove or fill the missing values.")
    return array


def finite_array(value: ArrayLike, name: str, *, ndim: int) -> NDArray[np.float64]:
    """``value`` as a finite, non-empty float64 array with ``ndim`` dimensions.

    >>> finite_array([1, 2], "weights", ndim=2)
    Traceback (most recent call last):
    ValueError: weights has shape (2,); expected a non-empty array with ndim 2.
    """
    array = numeric_array(value, name)
    if array.ndim != ndim or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; expected a non-empty array with ndim {ndim}.")
    with np.errstate(over="ignore"):  # a long double beyond float64 becomes an infinity, refused below
        array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} contains an infinity; expected numbers that are finite in float64.")
    return array


def replacement(old: NDArray[Any], value: ArrayLike, name: str) -> NDArray[Any]:
    """``value`` as an array that may be written over ``old``: of its shape, finite, in its dtype.

    Raises
    ------
    TypeError, ValueError
        Where it is not; the message calls it ``name``.

    Examples
    --------
    >>> replacement(np.zeros(2), [1, 2, 3], "the bias")
    Traceback (most recent call last):
    ValueError: the bias must have shape (2,), but its shape is (3,)
    """
    array = real_array(value, name)
    if array.shape != old.shape:
        raise ValueError(f"{name} must have shape {old.shape}, but its shape is {array.shape}")
    return converted(array, old.dtype, name)
