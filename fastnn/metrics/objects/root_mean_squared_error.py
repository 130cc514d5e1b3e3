"""The root of the mean squared error."""

import numpy as np
from numpy.typing import ArrayLike

from fastnn.metrics.objects.mean_squared_error import MeanSquaredError

__all__ = ["RootMeanSquaredError"]


class RootMeanSquaredError(MeanSquaredError):
    """The root of the mean of ``(y_pred - y_true)**2`` over all samples and outputs, in double precision.

    Examples
    --------
    >>> RootMeanSquaredError()(np.array([[1.0], [2.0]]), np.array([[1.5], [2.5]]))
    0.5
    """

    aliases = ("rmse",)
    larger_is_better = False

    def __init__(self, name: str = "root_mean_squared_error") -> None:
        super().__init__(name)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        return float(np.sqrt(super().__call__(y_true, y_pred)))
