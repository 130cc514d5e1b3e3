"""One array of data, or a list of them where a model has several inputs or outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fastnn_ext.engine.compressed import CompressedRows

__all__ = ["by_names", "count_rows", "each", "is_named", "join_rows", "take_rows"]


def each(data: Any) -> list[Any]:
    """The arrays as a list."""
    return data if isinstance(data, list) else [data]


def count_rows(data: Any) -> int:
    """Samples in each array."""
    return int(each(data)[0].shape[0])


def take_rows(data: Any, rows: Any) -> Any:
    """These samples of each array, of sparse matrices, too; None stays None.

    >>> matrix = CompressedRows([1.0, 2.0, 3.0], [0, 2, 1], [0, 2, 2, 3], 3)
    >>> take_rows(matrix, np.array([2, 0])).dense()
    array([[0., 3., 0.],
           [1., 0., 2.]])
    """
    if isinstance(data, list):
        return [take_rows(one, rows) for one in data]
    if not isinstance(data, CompressedRows):
        return None if data is None else data[rows]
    rows = np.arange(data.shape[0])[rows]
    starts = data.starts[:-1][rows]
    lengths = data.starts[1:][rows] - starts
    ends = np.cumsum(lengths)
    numbers = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - lengths), lengths)
    return CompressedRows(data.values[numbers], data.columns[numbers], np.concatenate([[0], ends]), data.shape[1])


def join_rows(parts: Sequence[Any]) -> Any:
    """The samples of all parts, one behind the other, of each array."""
    if isinstance(parts[0], list):
        return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
    return np.concatenate(parts)


def is_named(data: Any, names: Sequence[str], known: bool) -> bool:
    """Whether it is a dict, of something for each of these names, which users know or which one would not guess.

    Some of SciPy's matrices are dicts, too.

    >>> is_named({"input": 1}, ["input"], False), is_named({"column": 1}, ["input"], False)
    (True, False)
    """
    return type(data) is dict and (known or set(data) == set(names))


def by_names(given: Any, names: Sequence[str], what: str) -> list[Any]:
    """One of something for each name: a list or tuple in their order, or a dict.

    Raises
    ------
    TypeError
        For anything else.
    ValueError
        For another number of them, a name that is missing, or one that is unknown.

    Examples
    --------
    >>> by_names({"price": 2, "risk": 1}, ["risk", "price"], "loss")
    [1, 2]
    """
    known = ", ".join(names)
    if isinstance(given, Mapping):
        unknown = [name for name in given if name not in names]
        missing = [name for name in names if name not in given]
        if unknown or missing:
            found = f"has no {missing[0]!r}" if missing else f"has {unknown[0]!r}, which is none of them"
            raise ValueError(f"{what} must have {known} as keys, but it {found}")
        return [given[name] for name in names]
    if not isinstance(given, list | tuple):
        raise TypeError(f"{what} must be a list in the order {known}, or a dict, but it is a {type(given).__name__}")
    if len(given) != len(names):
        raise ValueError(f"{what} must have {len(names)} parts, {known}, but it has {len(given)}")
    return list(given)
