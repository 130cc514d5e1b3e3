"""What the losses of probabilities and counts share as metrics: each is the loss object, called."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike, NDArray

from fastnn.losses.base import Loss
from fastnn.metrics.objects.means import MeanMetric

__all__ = ["CalledLossMetric"]


class CalledLossMetric(MeanMetric):
    """The mean of a loss over samples; use a subclass, which says which loss."""

    larger_is_better = False

    def loss(self) -> Loss:
        """The loss, with what the metric was made with."""
        raise NotImplementedError(f"{type(self).__name__} has no loss")

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        loss = self.loss()
        loss.check_range(loss.targets(y_true, outputs))

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return float(self.loss()(y_true, y_pred, sample_weight))
