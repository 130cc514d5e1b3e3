"""The loss hinge as a metric."""

from fastnn.losses.base import Loss
from fastnn.losses.kinds.hinge import Hinge as HingeLoss
from fastnn.metrics.objects.of_outputs import CalledLossMetric

__all__ = ["Hinge"]


class Hinge(CalledLossMetric):
    """The mean of ``max(0, 1 - y_true * y_pred)`` over samples and outputs, for classes -1 and 1, or 0 and 1.

    Examples
    --------
    >>> Hinge()([[1.0]], [[0.5]])
    0.5
    """

    aliases = ()

    def __init__(self, name: str = "hinge") -> None:
        super().__init__(name)

    def loss(self) -> Loss:
        return HingeLoss(reduction="mean_with_sample_weight")
