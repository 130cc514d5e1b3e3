"""R², averaged over outputs."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.convert import to_dense_array
from fastnn.metrics.base import Metric, check_shape
from fastnn.metrics.functions.r2 import r2

__all__ = ["R2Score"]


class R2Score(Metric):
    """The share of the truth's variance that is explained, averaged over outputs; see `fastnn.metrics.r2`.

    Examples
    --------
    >>> R2Score()(np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [2.0], [3.5]]))
    0.875
    """

    aliases = ()
    larger_is_better = True

    def __init__(self, *, name: str = "r2_score") -> None:
        super().__init__(name)

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        check_shape(self.name, y_true, outputs)

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Compute R²; NaN for one sample, which has no variance."""
        pred = to_dense_array(y_pred, "y_pred")
        return r2(y_true, pred, sample_weight=sample_weight) if len(np.atleast_1d(pred)) > 1 else math.nan
