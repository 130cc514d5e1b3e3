"""The squared error, averaged."""

from typing import Any

from numpy.typing import ArrayLike, NDArray

from fastnn.metrics.base import check_shape
from fastnn.metrics.functions.mean_squared_error import mean_squared_error
from fastnn.metrics.labels import arrays_of
from fastnn.metrics.objects.means import MeanMetric
from fastnn_ext.bindings.metrics import squared_error

__all__ = ["MeanSquaredError"]


class MeanSquaredError(MeanMetric):
    """The mean of ``(y_pred - y_true)**2`` over samples and outputs, in double precision.

    Examples
    --------
    >>> import numpy as np
    >>> MeanSquaredError()(np.array([[1.0], [2.0]]), np.array([[1.0], [2.5]]))
    0.125
    """

    aliases = ("mse",)
    larger_is_better = False

    def __init__(self, name: str = "mean_squared_error") -> None:
        super().__init__(name)

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        check_shape(self.name, y_true, outputs)

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        if sample_weight is not None:
            return mean_squared_error(y_true, y_pred, sample_weight=sample_weight)
        true, pred = arrays_of(y_true, y_pred)
        return squared_error(true, pred) / pred.size
