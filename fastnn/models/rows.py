"""Rows of numbers as the engine reads them, and what those of all inputs or outputs of a model are called."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.arrays import converted
from fastnn_ext.engine.compressed import CompressedRows

__all__ = ["AllInputs", "AllTargets", "AllWeights", "Inputs", "as_rows", "is_read_in_place"]

Inputs = NDArray[Any] | CompressedRows
# Those of all inputs or outputs: Inputs, targets, and weights of samples or None; for several, a list of these.
AllInputs: TypeAlias = Any
AllTargets: TypeAlias = Any
AllWeights: TypeAlias = Any

# What the engine converts as it reads.
_READ_IN_PLACE = (np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.uint8))


def as_rows(rows: NDArray[Any], dtype: np.dtype[np.floating[Any]], name: str) -> NDArray[Any]:
    """The same numbers in a form and dtype that the engine reads, without a copy where it reads them as they are."""
    readable = rows.dtype in _READ_IN_PLACE and rows.dtype.isnative and rows.flags.aligned
    if readable and (rows.shape[1] == 1 or rows.strides[1] == rows.itemsize):
        return rows
    if rows.dtype == np.bool_:
        return np.ascontiguousarray(rows).view(np.uint8)
    return converted(rows, rows.dtype if readable else dtype, name)


def is_read_in_place(dtype: np.dtype[Any]) -> bool:
    """Whether numbers of this dtype, side by side, need no copy.

    >>> is_read_in_place(np.dtype("uint8")), is_read_in_place(np.dtype("int64"))
    (True, False)
    """
    return dtype.isnative and dtype in (*_READ_IN_PLACE, np.dtype(np.bool_))
