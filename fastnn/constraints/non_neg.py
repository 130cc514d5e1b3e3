"""Weights that are not negative."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.convert import to_dense_array
from fastnn.constraints.base import Constraint
from fastnn_ext.engine.plan import Plan

__all__ = ["NonNeg"]


class NonNeg(Constraint):
    """``max(w, 0)``.

    Examples
    --------
    >>> NonNeg()([[-1.0, 2.0]]).tolist()
    [[0.0, 2.0]]
    """

    def __call__(self, w: ArrayLike) -> Any:
        return np.maximum(to_dense_array(w, "w"), 0)

    def lower(self, plan: Plan, array: NDArray[Any]) -> None:
        plan.forbid_negative(array)
