"""The loss kl_divergence as a metric."""

from fastnn.losses.base import Loss
from fastnn.losses.kinds.kl_divergence import KLDivergence as KLDivergenceLoss
from fastnn.metrics.objects.of_outputs import CalledLossMetric

__all__ = ["KLDivergence"]


class KLDivergence(CalledLossMetric):
    """The mean of ``sum(y_true * log(y_true / y_pred))``, for rows of probabilities.

    Examples
    --------
    >>> KLDivergence()([[0.5, 0.5]], [[0.5, 0.5]])
    0.0
    """

    aliases = ()

    def __init__(self, name: str = "kl_divergence") -> None:
        super().__init__(name)

    def loss(self) -> Loss:
        return KLDivergenceLoss(reduction="mean_with_sample_weight")
