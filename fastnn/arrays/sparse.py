"""Sparse matrices: SciPy's in any format as compressed rows, which share their values where the format is CSR."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn_ext.engine.compressed import CompressedRows

__all__ = ["compressed_rows"]


def compressed_rows(value: Any, name: str) -> CompressedRows:
    """A sparse matrix or array, of any format, as compressed rows.

    Parameters
    ----------
    value : object with ``tocsr``
        Two-dimensional, of real numbers. It stays as it is, though its columns may not ascend or come twice. Its arrays
        may be anything: what SciPy reads without a look is looked at first.
    name : str
        What messages call it.

    Returns
    -------
    CompressedRows
        Of float32, float64 or uint8. It shares its values with a CSR matrix of one of these dtypes, or of booleans,
        whose columns ascend. Column numbers are copied, so that no change of the matrix can lead a kernel astray.

    Raises
    ------
    TypeError
        When it holds no real numbers.
    ValueError
        When it has not two dimensions, or its parts contradict one another.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> x = csr_array(np.array([[0, 5.0, 0], [7, 0, 0]]))
    >>> rows = compressed_rows(x, "x")
    >>> rows.shape, rows.values, np.shares_memory(rows.values, x.data)
    ((2, 3), array([5., 7.]), True)
    """
    if len(value.shape) != 2:
        raise ValueError(f"{name} must have shape (samples, features), but its shape is {value.shape}")
    if value.shape[1] == 0:
        raise ValueError(f"{name} must have a column for each input, but it has none")
    dtype = getattr(value, "dtype", np.dtype(np.float64))
    if dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers, but its dtype is {dtype}")
    try:
        return _converted(value)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(
            f"{name} is a {type(value).__name__} whose parts contradict one another: {error}. Make it anew"
        ) from error


def _converted(value: Any) -> CompressedRows:
    dtype = getattr(getattr(value, "data", None), "dtype", np.dtype(np.float32))
    # SciPy's conversions lack halves, and numbers in the other byte order.
    if dtype.type is np.float16 or not dtype.isnative:
        value = value.astype(np.float32 if dtype.type is np.float16 else dtype.newbyteorder("="))
    csr = _to_csr(value)
    rows, columns = value.shape
    _check_compressed(csr, rows, columns)
    starts, numbers, values = np.asarray(csr.indptr), np.asarray(csr.indices), np.asarray(csr.data)
    numbers, values = numbers[: starts[-1]], values[: starts[-1]]
    if not _ascend(numbers, starts):
        from scipy.sparse import csr_array

        # Made anew, since a matrix may claim wrongly that it is sorted.
        csr = csr_array((values, numbers, starts), shape=(rows, columns), copy=True)
        csr.sum_duplicates()
        starts, numbers, values = csr.indptr, csr.indices, csr.data
    if numbers.dtype == np.int32:
        numbers = numbers.view(np.uint32)
    return CompressedRows(_readable(values), numbers, starts, columns)


def _to_csr(value: Any) -> Any:
    """A matrix in CSR format; what SciPy's compiled conversions would trust is checked before."""
    kind = getattr(value, "format", None)
    if kind == "csr":
        return value
    if kind == "csc":
        _check_compressed(value, value.shape[1], value.shape[0])
    elif kind == "lil":
        _check_lists(value)
    elif kind in ("coo", "dia", "bsr", "dok"):
        from scipy.sparse import coo_array

        # Made anew, a COO matrix is checked.
        if kind == "dia":
            coordinates = _entries_of_diagonals(value)
        else:
            coo = value if kind == "coo" else value.tocoo()
            coordinates = coo.data, (coo.row, coo.col)
        value = coo_array(coordinates, shape=value.shape)
    return value.tocsr()


def _check_compressed(matrix: Any, major: int, minor: int) -> None:
    """Raise ValueError where a CSR matrix of ``major`` rows and ``minor`` columns, or a CSC one, is none."""
    arrays = {part: np.asarray(getattr(matrix, part)) for part in ("indptr", "indices", "data")}
    for part, array in arrays.items():
        if array.ndim != 1:
            raise ValueError(f"{part} must have one dimension, but its shape is {array.shape}")
        if part != "data" and array.dtype.kind not in "iu":
            raise ValueError(f"{part} must hold integers, but its dtype is {array.dtype}")
    starts, numbers, values = arrays.values()
    if starts.size != major + 1:
        raise ValueError(f"indptr must hold {major + 1} numbers, but it holds {starts.size}")
    entries = min(numbers.size, values.size)
    if starts[0] != 0 or starts[-1] > entries or (starts[1:] < starts[:-1]).any():
        raise ValueError(
            f"indptr must rise from 0 to at most {entries}, for {numbers.size} indices and {values.size} values"
        )
    # SciPy lets both go on after the last end.
    numbers = numbers[: starts[-1]]
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < minor):
        wrong = numbers.max() if numbers.max() >= minor else numbers.min()
        raise ValueError(f"indices must be from 0 to {minor - 1}, but one is {wrong}")


def _check_lists(matrix: Any) -> None:
    """Raise ValueError where the lists of a LIL matrix differ in length."""
    rows = (matrix.shape[0],)
    if matrix.rows.shape != rows or matrix.data.shape != rows:
        raise ValueError(f"rows and data must hold {rows[0]} lists each")
    for row, (numbers, values) in enumerate(zip(matrix.rows, matrix.data, strict=True)):
        if len(numbers) != len(values):
            raise ValueError(f"row {row} has {len(numbers)} columns, but {len(values)} values")


def _entries_of_diagonals(matrix: Any) -> tuple[Any, tuple[Any, Any]]:
    """Values of a DIA matrix with their rows and columns; SciPy's own conversion trusts the offsets."""
    values, offsets = np.asarray(matrix.data), np.asarray(matrix.offsets)
    if values.ndim != 2 or offsets.shape != values.shape[:1] or offsets.dtype.kind not in "iu":
        raise ValueError(f"offsets must hold an integer for each row of data, but they are {offsets} for {len(values)}")
    columns = np.broadcast_to(np.arange(values.shape[1]), values.shape)
    rows = columns - offsets.astype(np.int64)[:, None]
    inside = (rows >= 0) & (rows < matrix.shape[0]) & (columns < matrix.shape[1]) & (values != 0)
    return values[inside], (rows[inside], columns[inside])


def _ascend(numbers: np.ndarray[Any, Any], starts: np.ndarray[Any, Any]) -> bool:
    """Whether the column numbers of each row ascend."""
    rises = numbers[1:] > numbers[:-1]
    firsts = starts[(starts > 0) & (starts < numbers.size)]
    rises[firsts - 1] = True
    return bool(rises.all())


def _readable(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Values in a dtype that compressed rows may have; in the same memory where they have one, or are booleans."""
    if values.dtype in (np.float32, np.float64, np.uint8):
        return values
    if values.dtype == np.bool_:
        return values.view(np.uint8)
    return values.astype(np.float32 if np.can_cast(values.dtype, np.float32) else np.float64)
