"""From any of the kinds of data that a user may have to an array of real numbers, or to compressed rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.arrays import real_dtype_array
from fastnn.checking.columns import FRAMES, TENSORS, library_of
from fastnn_ext.engine.compressed import CompressedRows

__all__ = ["FRAMES", "is_array_like", "library_of", "to_array", "to_dense_array"]

# PyTorch's tensors have __array__, its loaders and data sets have none of these.
_ARRAY_LIKE = ("__array__", "__array_interface__", "__array_struct__", "__dlpack__", "tocsr", "to_numpy")


def to_dense_array(value: Any, name: str) -> NDArray[Any]:
    """The same as `to_array`, where no sparse matrix is taken.

    >>> to_dense_array([[1, 2]], "x")
    array([[1, 2]])
    """
    array = to_array(value, name)
    if isinstance(array, CompressedRows):
        raise TypeError(f"{name} must be an array, but it is a sparse matrix: pass {name}.toarray()")
    return array


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
        from fastnn.arrays.array_kinds import plain_array

        return plain_array(value, name)
    if isinstance(value, CompressedRows):
        return value
    library = library_of(value)
    if library in FRAMES:
        from fastnn.arrays.frames import frame_array

        return frame_array(value, library, name)
    if hasattr(value, "tocsr"):
        from fastnn.arrays.sparse import compressed_rows

        return compressed_rows(value, name)
    # Data sets come from these libraries, too.
    tensor = library in TENSORS and hasattr(value, "__array__")
    if tensor or hasattr(value, "__dlpack__") or (library == "tensorflow" and not hasattr(value, "__iter__")):
        from fastnn.arrays.tensors import tensor_array

        return tensor_array(value, library, name)
    if hasattr(value, "instead_of_an_array"):
        raise TypeError(f"{name} must be an array, but it is a {type(value).__name__}: {value.instead_of_an_array}")
    # NumPy would go through all that has items, and for ever where these have no end.
    items = hasattr(value, "__getitem__") or hasattr(value, "__iter__")
    if (items or callable(value)) and not (isinstance(value, Sequence) or is_array_like(value)):
        raise TypeError(
            f"{name} must be an array of numbers or what becomes one, such as a list, a data frame, a sparse matrix or "
            f"a tensor, but it is a {type(value).__name__}{', which must be called first' * callable(value)}"
        )
    return real_dtype_array(value, name)


def is_array_like(value: Any) -> bool:
    """Whether it is an array, or becomes one by itself: of other things with items, these may be batches of data."""
    if isinstance(value, np.ndarray | np.generic | list | str | CompressedRows):
        return True
    return any(hasattr(value, name) for name in _ARRAY_LIKE) or library_of(value) in FRAMES or _has_buffer(value)


def _has_buffer(value: Any) -> bool:
    try:
        memoryview(value)
    except TypeError:
        return False
    return True
