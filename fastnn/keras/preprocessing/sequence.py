"""Keras' ``keras.preprocessing.sequence``: lists of any length as rows of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastnn.checking.scalars import whole_number
from fastnn.keras.translating import attributes

__all__ = ["pad_sequences"]

__getattr__ = attributes(__name__)


def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: DTypeLike = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: float = 0.0,
) -> NDArray[Any]:
    """Lists of numbers as rows, filled up or cut off to one length.

    Parameters
    ----------
    sequences : list of lists of numbers
    maxlen : int, optional
        The length of a row; by default that of the longest list.
    dtype : dtype-like, default "int32"
    padding, truncating : {"pre", "post"}
        Whether rows are filled, and lists cut off, at their beginning or at their end.
    value : float, default 0
        What fills a row.

    Returns
    -------
    ndarray, shape (len(sequences), maxlen)

    Raises
    ------
    TypeError, ValueError
        For what are no lists of numbers, or numbers that the dtype has not.

    Examples
    --------
    >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
    array([[0, 1],
           [2, 3],
           [5, 6]], dtype=int32)
    """
    for name, given in (("padding", padding), ("truncating", truncating)):
        if given not in ("pre", "post"):
            raise ValueError(f"{name} must be 'pre' or 'post', but it is {given!r}")
    kind = np.dtype(dtype)
    if kind.kind not in "iufb":
        raise TypeError(f"dtype must be one of numbers, but it is {dtype!r}")
    if any(not hasattr(one, "__len__") or isinstance(one, str | bytes) for one in sequences):
        raise TypeError("sequences must be a list of lists of numbers, and one of them is none")
    longest = max(map(len, sequences), default=0)
    width = longest if maxlen is None else whole_number(maxlen, "maxlen", at_least=1)
    rows = np.full((len(sequences), width), _as(value, kind, "value"), kind)
    for row, one in zip(rows, sequences, strict=True):
        kept = one[-width:] if truncating == "pre" else one[:width]
        if len(kept):
            place = slice(None, len(kept)) if padding == "post" else slice(width - len(kept), None)
            row[place] = _as(kept, kind, "sequences")
    return rows


def _as(values: Any, kind: np.dtype[Any], what: str) -> NDArray[Any]:
    """Numbers in a dtype; TypeError where it cannot have them."""
    array = np.asarray(values)
    # Fractions are cut off, as in Keras.
    if array.dtype.kind not in "iufb" or array.ndim > 1:
        raise TypeError(f"{what} must be of numbers, but there is {values!r}")
    if kind.kind in "iu" and array.size:
        limits = np.iinfo(kind)
        if not np.isfinite(array).all() or array.min() < limits.min or array.max() > limits.max:
            raise ValueError(f"{what} must fit {kind}, but there is {values!r}")
    return array.astype(kind)
