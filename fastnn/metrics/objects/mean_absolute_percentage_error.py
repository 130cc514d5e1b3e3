"""The absolute error as a percentage of the true number, averaged."""

from fastnn.metrics.objects.of_losses import LossMetric
from fastnn_ext.tables.enums import Loss

__all__ = ["MeanAbsolutePercentageError"]


class MeanAbsolutePercentageError(LossMetric):
    """The mean of ``100 * abs(y_pred - y_true) / max(abs(y_true), 1e-7)`` over samples and outputs.

    Examples
    --------
    >>> import numpy as np
    >>> MeanAbsolutePercentageError()(np.array([[1.0], [2.0]]), np.array([[1.0], [2.5]]))
    12.5
    """

    aliases = ("mape",)
    engine = Loss.MEAN_ABSOLUTE_PERCENTAGE_ERROR

    def __init__(self, name: str = "mean_absolute_percentage_error") -> None:
        super().__init__(name)
