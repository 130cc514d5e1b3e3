"""From any of the kinds of data that a user may have to an array of real numbers, or to compressed rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.arrays import real_dtype_array
from fastnn_ext.compressed import CompressedRows

__all__ = ["to_array"]


def to_array(value: Any, name: str) -> NDArray[Any] | CompressedRows:
    """``value`` as an array of real numbers, without a copy where it is one, or as compressed rows.

    Raises
    ------
    TypeError
        When it holds no real numbers; the message says what it holds.

    Examples
    --------
    >>> to_array([[1, 2]], "x")
    array([[1, 2]])
    """
    if isinstance(value, np.ndarray | CompressedRows):
        return real_dtype_array(value, name) if isinstance(value, np.ndarray) else value
    return real_dtype_array(value, name)
