"""The squared error of logarithms, averaged."""

from fastnn.metrics.objects.of_losses import LossMetric
from fastnn_ext.tables.enums import Loss

__all__ = ["MeanSquaredLogarithmicError"]


class MeanSquaredLogarithmicError(LossMetric):
    """The mean of ``(log(1 + y_pred) - log(1 + y_true))**2`` over samples and outputs, both at least 1e-7.

    Examples
    --------
    >>> import numpy as np
    >>> round(MeanSquaredLogarithmicError()(np.array([[1.0], [0.0]]), np.array([[1.0], [1.0]])), 6)
    0.240226
    """

    aliases = ("msle",)
    engine = Loss.MEAN_SQUARED_LOGARITHMIC_ERROR

    def __init__(self, name: str = "mean_squared_logarithmic_error") -> None:
        super().__init__(name)
