"""Data frames: tables of named columns from pandas, polars or pyarrow, and single columns, as arrays of numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.arrays import real_dtype_array
from fastnn_ext.engine.rows import interleave as write_side_by_side

__all__ = ["arrow_column", "check_column", "common_dtype", "frame_array", "interleave", "missing_values"]

# Columns are converted in pieces of about so many numbers, but not of fewer rows, as each piece costs a call.
_NUMBERS_IN_CACHE = 1 << 17
_FEWEST_ROWS = 256


class Column(NamedTuple):
    """One column: how it is read, and what messages say of it.

    Attributes
    ----------
    place : str
        What messages call it.
    dtype : dtype or None
        Of its numbers; None where it holds none.
    kind : str
        What its library calls that which it holds.
    missing : tuple of int, or None
        How many values are missing, and the first row where one is.
    read : callable
        All values as an array of ``dtype``, where none is missing.
    """

    place: str
    dtype: np.dtype[Any] | None
    kind: str
    missing: tuple[int, int] | None
    read: Callable[[], NDArray[Any]]


def frame_array(value: Any, library: str, name: str) -> NDArray[Any]:
    """A data frame as an array of shape (rows, columns), or a series as one of shape (rows,).

    Parameters
    ----------
    value : DataFrame, Series, Table or the like
        Columns of numbers and booleans, none missing. Names do not matter here and may come twice.
    library : str
        "pandas", "polars" or "pyarrow".
    name : str
        What messages call it.

    Returns
    -------
    ndarray
        A view where the frame's own memory holds rows, else one copy: of the columns' dtype where all have
        the same one and the engine reads it, of float32 where that holds all columns exactly, otherwise of float64.

    Raises
    ------
    TypeError
        When a column holds no real numbers; the message names it and what it holds.
    ValueError
        When values are missing in a column, or there is none.

    Examples
    --------
    >>> import pandas
    >>> frame = pandas.DataFrame({"age": [31, 42], "member": [True, False]})
    >>> frame_array(frame, "pandas", "x")
    array([[31.,  1.],
           [42.,  0.]])
    >>> frame_array(frame.assign(city=["Bern", "Rome"]), "pandas", "x")
    Traceback (most recent call last):
    ...
    TypeError: the column 'city' of x holds strings: encode it as numbers first, for example with pandas.get_dummies
    """
    return {"pandas": _from_pandas, "polars": _from_polars, "pyarrow": _from_pyarrow}[library](value, name)


# The libraries.


def _from_pandas(value: Any, name: str) -> NDArray[Any]:
    import pandas

    if isinstance(value, pandas.DataFrame):
        array = _of_one_block(value)
        if array is not None:
            labels = value.columns
            return _checked(array, lambda i: _place(labels[i], name))
        columns = [_pandas_column(series, _place(label, name)) for label, series in value.items()]
        return _joined(columns, len(value), name, "pandas.get_dummies")
    if isinstance(value, pandas.Series | pandas.Index | pandas.api.extensions.ExtensionArray):
        return _single(_pandas_column(value, name))
    return real_dtype_array(value, name)


def _of_one_block(frame: Any) -> NDArray[Any] | None:
    """A frame that keeps all its numbers in one array, as a view where that holds rows; None of any other frame."""
    dtypes = set(frame.dtypes)
    dtype = dtypes.pop() if len(dtypes) == 1 else None
    if not isinstance(dtype, np.dtype) or dtype.kind not in "fiub" or not len(frame):
        return None
    # Of a frame of several arrays, to_numpy gives a copy: one row tells.
    row = frame.iloc[:1].to_numpy()
    if not np.may_share_memory(row[:, :1], frame.iloc[:1, 0].to_numpy()):
        return None
    array: NDArray[Any] = frame.to_numpy()
    return array if row.flags.c_contiguous else np.ascontiguousarray(array, dtype=common_dtype([dtype]))


def _pandas_column(series: Any, place: str) -> Column:
    from pandas.api.types import infer_dtype

    given = series.dtype
    if isinstance(given, np.dtype):
        dtype, missing = _number_dtype(given), None
    else:
        # Nullable and Arrow's dtypes have the one, sparse ones the other; intervals, too, have a subtype.
        sparse = type(given).__name__ == "SparseDtype"
        dtype = _number_dtype(given.subtype if sparse else getattr(given, "numpy_dtype", None))
        missing = _first_of(np.asarray(series.isna()))
    kind = "" if dtype is not None else infer_dtype(series)
    return Column(place, dtype, kind, missing, lambda: series.to_numpy(dtype=dtype))


def _from_polars(value: Any, name: str) -> NDArray[Any]:
    if hasattr(value, "get_columns"):
        columns = [_polars_column(series, _place(series.name, name)) for series in value.get_columns()]
        return _joined(columns, value.height, name, f"{name}.to_dummies()")
    if hasattr(value, "null_count") and hasattr(value, "to_numpy"):
        return _single(_polars_column(value, name))
    raise TypeError(f"{name} must be a DataFrame or a Series, but it is a {type(value).__name__}: collect() it first")


def _polars_column(series: Any, place: str) -> Column:
    kind = str(series.dtype)
    missing = (series.null_count(), series.is_null().arg_max()) if series.null_count() else None
    if kind == "Boolean":
        return Column(place, np.dtype(np.bool_), kind, missing, series.to_numpy)
    if not series.dtype.is_numeric():
        return Column(place, None, kind, missing, series.to_numpy)
    number = getattr(np, kind.lower(), None)
    if number is not None:
        return Column(place, np.dtype(number), kind, missing, series.to_numpy)
    # Decimals and integers of 128 bits.
    return Column(place, np.dtype(np.float64), kind, missing, lambda: series.cast(float).to_numpy())


def _from_pyarrow(value: Any, name: str) -> NDArray[Any]:
    if hasattr(value, "column_names"):
        pairs = zip(value.column_names, value.columns, strict=True)
        columns = [arrow_column(column, _place(label, name)) for label, column in pairs]
        return _joined(columns, value.num_rows, name, "dictionary_encode()")
    if hasattr(value, "null_count"):
        return _single(arrow_column(value, name))
    return real_dtype_array(value, name)


def arrow_column(column: Any, place: str) -> Column:
    """A column of pyarrow; ``place`` is what messages call it."""
    try:
        dtype = _number_dtype(np.dtype(column.type.to_pandas_dtype()))
    except NotImplementedError:
        dtype = None
    missing = _first_of(column.is_null().to_numpy(zero_copy_only=False)) if column.null_count else None
    return Column(place, dtype, str(column.type), missing, lambda: column.to_numpy(zero_copy_only=False))


# What they share.


def _place(label: object, name: str) -> str:
    return f"the column {label!r} of {name}"


def _number_dtype(dtype: np.dtype[Any] | None) -> np.dtype[Any] | None:
    return dtype if dtype is not None and dtype.kind in "fiub" else None


def _first_of(missing: NDArray[Any]) -> tuple[int, int] | None:
    return (int(missing.sum()), int(missing.argmax())) if missing.any() else None


def _single(column: Column) -> NDArray[Any]:
    """A column as an array of one dimension, in place where its library keeps an array."""
    check_column(column, f"numpy.unique({column.place}, return_inverse=True)[1]")
    return _checked(column.read(), lambda _: column.place)


def _joined(columns: Sequence[Column], rows: int, name: str, encoder: str) -> NDArray[Any]:
    """Columns side by side, each written once into rows."""
    if not columns:
        raise ValueError(f"{name} must have a column for each input, but it has none")
    for column in columns:
        check_column(column, encoder)
    if len(columns) == 1:
        array = columns[0].read().reshape(-1, 1)
    else:
        array = np.empty((rows, len(columns)), common_dtype([column.dtype for column in columns]))
        interleave([column.read() for column in columns], array)
    return _checked(array, lambda i: columns[i].place)


def interleave(columns: Sequence[NDArray[Any]], rows: NDArray[Any]) -> None:
    """Write columns side by side into rows.

    >>> rows = np.empty((2, 2))
    >>> interleave([np.array([1, 2]), np.array([3.5, 4.5])], rows)
    >>> rows
    array([[1. , 3.5],
           [2. , 4.5]])
    """
    alike = all(
        numbers.dtype == rows.dtype and numbers.flags.c_contiguous and numbers.flags.aligned for numbers in columns
    )
    # Columns that have to be converted are so in pieces, which stay in the cache.
    count = max(1, len(rows)) if alike else max(_FEWEST_ROWS, _NUMBERS_IN_CACHE // len(columns))
    for start in range(0, len(rows), count):
        part = slice(start, start + count)
        write_side_by_side([numbers[part] for numbers in columns], rows[part])


def common_dtype(dtypes: Sequence[np.dtype[Any] | None]) -> np.dtype[Any]:
    """The dtype that columns of these share where they lie side by side."""
    if len(set(dtypes)) == 1 and dtypes[0] in (np.bool_, np.uint8):
        return np.dtype(dtypes[0])
    return np.dtype(np.float32 if all(np.can_cast(dtype, np.float32) for dtype in dtypes if dtype) else np.float64)


def check_column(column: Column, encoder: str) -> None:
    """Raise where a column holds no numbers, or lacks some."""
    if column.dtype is None:
        held, remedy = _description(column.kind, encoder)
        raise TypeError(f"{column.place} holds {held}: {remedy}")
    if column.missing:
        raise missing_values(column.place, *column.missing)


def _checked(array: NDArray[Any], place: Callable[[int], str]) -> NDArray[Any]:
    """``array`` itself, unless a number in it is NaN, which is how floats are missing."""
    if array.dtype.kind != "f" or not array.size:
        return array
    with np.errstate(invalid="ignore"):
        lowest = array.min()
    if not np.isnan(lowest):
        return array
    columns = array.reshape(len(array), -1)
    i = next(i for i in range(columns.shape[1]) if np.isnan(columns[:, i]).any())
    lacking = np.isnan(columns[:, i])
    raise missing_values(place(i), int(lacking.sum()), int(lacking.argmax()))


def missing_values(place: str, count: int, row: int) -> ValueError:
    """The error for values that are missing in a column, the first in this row."""
    if count == 1:
        return ValueError(f"{place} has a missing value in row {row}: fill it or drop the row")
    return ValueError(f"{place} has {count} missing values, the first in row {row}: fill or drop them")


def _description(kind: str, encoder: str) -> tuple[str, str]:
    """What a column of another kind than numbers holds, and what to do about it."""
    encode = f"encode it as numbers first, for example with {encoder}"
    count = "turn it into a number of days or seconds since some date first"
    descriptions = (
        (("string", "str", "large_string", "utf8"), "strings", encode),
        (("categor", "enum", "dictionary"), "categories", encode),
        (("timedelta", "duration"), "durations", "turn it into a number of days or seconds first"),
        (("date", "timestamp", "period"), "dates", count),
        (("complex",), "complex numbers", "pass real and imaginary parts as two columns"),
        (("null", "empty"), "no values", "fill or drop it"),
    )
    for beginnings, held, remedy in descriptions:
        if kind.lower().startswith(beginnings):
            return held, remedy
    return f"objects ({kind})", "convert it to numbers first, for example with astype(float)"
