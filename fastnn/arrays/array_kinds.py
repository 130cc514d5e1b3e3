"""Array kinds: NumPy arrays that are more than numbers in rows, such as masked ones, matrices and structured ones."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.arrays import real_dtype_array

__all__ = ["check_nothing_masked", "plain_array"]


def plain_array(array: NDArray[Any], name: str) -> NDArray[Any]:
    """An array of any NumPy class and dtype as a plain one of real numbers, without a copy where there need be none.

    Raises
    ------
    TypeError
        When it holds no real numbers.
    ValueError
        When something in it is masked; the message says how much, and where first.

    Examples
    --------
    >>> plain_array(np.ma.array([1.0, 2.0], mask=[False, True]), "y")
    Traceback (most recent call last):
    ...
    ValueError: y has 1 masked value, the first at y[1]: fill it in, for example with y.filled(0), or drop such samples
    """
    if array.dtype.names:
        raise TypeError(
            f"{name} must be an array of numbers, but it is a structured array with the fields "
            f"{', '.join(array.dtype.names)}: pass numpy.lib.recfunctions.structured_to_unstructured({name})"
        )
    check_nothing_masked(array, name)
    array = np.asarray(array)
    # bfloat16 and its like: numbers of dtypes that the package ml_dtypes adds to NumPy.
    if array.dtype.kind == "V" and array.dtype.type is not np.void:
        array = array.astype(np.float32)
    return real_dtype_array(array, name)


def check_nothing_masked(array: Any, name: str) -> None:
    """Raise ValueError where an array of `numpy.ma` has masked values; it may hold anything."""
    # That module is loaded by who has such an array.
    if type(array) is np.ndarray or not isinstance(array, np.ndarray) or not isinstance(array, np.ma.MaskedArray):
        return
    mask = np.ma.getmask(array)
    count = int(mask.sum())
    if count:
        first = ", ".join(str(int(i)) for i in np.unravel_index(mask.argmax(), mask.shape))
        raise ValueError(
            f"{name} has {count} masked value{'s' if count > 1 else ''}, the first at {name}[{first}]: fill "
            f"{'them' if count > 1 else 'it'} in, for example with {name}.filled(0), or drop such samples"
        )
