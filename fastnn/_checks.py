"""Argument checks shared by the single neuron, the label encoding and the metrics.

A check takes an argument with its name and returns it in a form that is safe to compute with, or raises an
error that says what came and what was expected.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def numeric_array(name: str, value: ArrayLike) -> NDArray[Any]:
    """Return `value` as an array of booleans, integers or floats without NaN."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"{name} cannot be made an array; expected numbers in rows of one length. Received: {error}"
        ) from error
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"{name} has dtype {array.dtype}; expected booleans, integers or floats. "
            f"Convert it first, for example with numpy.asarray({name}, dtype=float)."
        )
    if np.isnan(array).any():
        raise ValueError(f"{name} contains NaN; expected numbers only. Remove or fill the missing values.")
    return array


def finite_array(name: str, value: ArrayLike, *, ndim: int) -> NDArray[np.float64]:
    """Return `value` as a finite, non-empty float64 array with `ndim` dimensions."""
    array = numeric_array(name, value)
    if array.ndim != ndim or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; expected a non-empty array with ndim {ndim}.")
    with np.errstate(over="ignore"):  # a long double beyond float64 becomes an infinity, refused below
        array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} contains an infinity; expected numbers that are finite in float64.")
    return array


def are_whole(array: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell for each element whether it is a whole number; an infinity is none."""
    whole: NDArray[np.bool_] = np.isfinite(array) & (array == np.trunc(array))
    return whole


def class_labels(name: str, array: NDArray[Any]) -> NDArray[np.int64]:
    """Return the elements of a numeric array as class labels: whole numbers from 0 up."""
    whole = are_whole(array)
    if not whole.all():
        raise ValueError(f"{name} holds {array[~whole][0]}; expected class labels: whole numbers from 0 up.")
    if array.size:
        # Python integers compare exactly where uint64 or a large float would wrap around in int64.
        lowest, highest = int(array.min()), int(array.max())
        if lowest < 0:
            raise ValueError(f"{name} holds the label {lowest}; expected labels from 0 up.")
        if highest > np.iinfo(np.int64).max:
            raise ValueError(f"{name} holds the label {highest}; expected labels that fit into int64.")
    return array.astype(np.int64)
