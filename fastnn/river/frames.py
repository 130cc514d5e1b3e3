"""Data frames of many samples: their names and numbers, and predictions in the frame's own kind.

river's own conversions are imported where they are used: dicts need none of the libraries of frames behind them.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from fastnn.arrays.convert import to_array
from fastnn.checking.arrays import check_finite, converted
from fastnn.checking.scalars import non_negative_number
from fastnn_ext.engine.compressed import CompressedRows

__all__ = ["frame_like", "read_frame", "read_weights", "series_like", "values_of"]


def read_frame(X: Any, dtype: np.dtype[Any]) -> tuple[list[Hashable], NDArray[Any]]:
    """The names and the numbers of a frame's columns, shape (samples, columns).

    Raises
    ------
    TypeError, ValueError
        When it is no frame, or does not hold finite numbers that the dtype can hold.
    """
    if not hasattr(X, "columns"):
        raise TypeError(f"X must be a data frame with a column for each feature, but it is a {type(X).__name__}")
    array = to_array(X, "X")
    if isinstance(array, CompressedRows):
        raise TypeError("X must have dense columns, but they are sparse: pass X.sparse.to_dense()")
    check_finite(array, "X")
    from river.utils import dataframe

    return list(dataframe.into_frame(X).columns), converted(array, dtype, "X")


def values_of(series: Any) -> list[Any]:
    """The values of a series, or of an array or list, one for each sample."""
    if isinstance(series, ndarray | list):
        return list(series.tolist() if isinstance(series, ndarray) else series)
    from river.utils import dataframe

    return list(dataframe.into_series(series).to_list())


def read_weights(w: Any, samples: int) -> NDArray[np.float64] | None:
    """Weights of samples from one number for all, or a series; None where all are 1.

    Raises
    ------
    TypeError, ValueError
        When they are not finite numbers of at least 0, one for each sample.
    """
    if isinstance(w, int | float | np.number):
        number = non_negative_number(w, "w")
        return None if number == 1 else np.full(samples, number)
    weights = np.array([non_negative_number(weight, "each of w") for weight in values_of(w)])
    if len(weights) != samples:
        raise ValueError(f"w must be a number or have one for each row of X, {samples}, but it has {len(weights)}")
    return weights


def series_like(values: Any, name: Any, X: Any) -> Any:
    """A series of the kind of frame that X is, with its index."""
    from river.utils import dataframe

    return dataframe.to_native_series(values, name=name, like=dataframe.into_frame(X))


def frame_like(columns: Mapping[Hashable, Any], X: Any) -> Any:
    """A frame of the kind that X is, with its index."""
    from river.utils import dataframe

    return dataframe.to_native_frame(columns, like=dataframe.into_frame(X))
