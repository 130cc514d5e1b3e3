"""The loss poisson as a metric."""

from fastnn.losses.base import Loss
from fastnn.losses.kinds.poisson import Poisson as PoissonLoss
from fastnn.metrics.objects.of_outputs import CalledLossMetric

__all__ = ["Poisson"]


class Poisson(CalledLossMetric):
    """The mean of ``y_pred - y_true * log(y_pred)`` over samples and outputs, for counts.

    Examples
    --------
    >>> Poisson()([[0.0]], [[1.0]])
    1.0
    """

    aliases = ()

    def __init__(self, name: str = "poisson") -> None:
        super().__init__(name)

    def loss(self) -> Loss:
        return PoissonLoss(reduction="mean_with_sample_weight")
