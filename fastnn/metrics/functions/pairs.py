"""Truth and predictions of the errors as rows of the same shape."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.numbers import finite_array, numeric_array

__all__ = ["read_pair"]


def read_pair(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both as finite float64 rows of one shape (n, outputs); forms and errors are those of `mean_squared_error`.

    >>> read_pair([1, 2], [[1.0], [2.5]])[0]
    array([[1.],
           [2.]])
    """
    true, pred = _rows("y_true", y_true), _rows("y_pred", y_pred)
    if true.shape != pred.shape:
        raise ValueError(
            f"y_true has {len(true)} sample(s) of {true.shape[1]} output(s), y_pred {len(pred)} of {pred.shape[1]}; "
            "expected the same. Class labels become rows by fastnn.to_categorical."
        )
    return true, pred


def _rows(name: str, value: ArrayLike) -> NDArray[np.float64]:
    array: NDArray[Any] = numeric_array(value, name)
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; expected at least one sample, as (n,) or (n, outputs).")
    # However they lie, numbers are added up in one order.
    return np.ascontiguousarray(finite_array(array, name, ndim=array.ndim).reshape(len(array), -1))
