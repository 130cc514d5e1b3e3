"""From any of the kinds of data that a user may have to an array of real numbers, or to compressed rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.arrays import real_dtype_array
from fastnn_ext.compressed import CompressedRows

__all__ = ["FRAMES", "library_of", "to_array"]

FRAMES = ("pandas", "polars", "pyarrow")
_TENSORS = ("torch", "tensorflow")


def to_array(value: Any, name: str) -> NDArray[Any] | CompressedRows:
    """``value`` as an array of real numbers, without a copy where it is one, or as compressed rows.

    Parameters
    ----------
    value : array-like
        An array or nested lists; a data frame, series or table of pandas, polars or pyarrow; a sparse matrix of SciPy;
        a tensor of PyTorch, TensorFlow or JAX; anything else with ``__dlpack__`` or ``__array__``.
    name : str
        What messages call it.

    Returns
    -------
    ndarray or CompressedRows
        Compressed rows for sparse matrices. An array may be read-only, and share memory with ``value``.

    Raises
    ------
    TypeError
        When it holds no real numbers, or lies where the processor cannot read it; the message says what it holds.
    ValueError
        When numbers are missing in it, or a sparse matrix is inconsistent.

    Examples
    --------
    >>> to_array([[1, 2]], "x")
    array([[1, 2]])
    """
    if isinstance(value, np.ndarray):
        if type(value) is np.ndarray and value.dtype.kind in "fiub":
            return value
        from fastnn.data.array_kinds import plain_array

        return plain_array(value, name)
    if isinstance(value, CompressedRows):
        return value
    library = library_of(value)
    if library in FRAMES:
        from fastnn.data.frames import frame_array

        return frame_array(value, library, name)
    if hasattr(value, "tocsr"):
        from fastnn.data.sparse import compressed_rows

        return compressed_rows(value, name)
    if library in _TENSORS or hasattr(value, "__dlpack__"):
        from fastnn.data.tensors import tensor_array

        return tensor_array(value, library, name)
    return real_dtype_array(value, name)


def library_of(value: object) -> str:
    """The library that a value's class comes from, or derives from; no library is imported to tell."""
    roots = [base.__module__.partition(".")[0] for base in type(value).__mro__]
    return next((root for root in roots if root in FRAMES or root in _TENSORS), roots[0])
