"""The logarithm of the hyperbolic cosine of the error, averaged."""

from fastnn.metrics.objects.of_losses import LossMetric
from fastnn_ext.tables.enums import Loss

__all__ = ["LogCoshError"]


class LogCoshError(LossMetric):
    """The mean of ``log(cosh(y_pred - y_true))`` over samples and outputs.

    Examples
    --------
    >>> import numpy as np
    >>> round(LogCoshError()(np.array([[1.0], [2.0]]), np.array([[1.0], [2.5]])), 6)
    0.060057
    """

    aliases = ()
    engine = Loss.LOG_COSH

    def __init__(self, name: str = "log_cosh_error") -> None:
        super().__init__(name)
