"""What the losses that Keras has as metrics, too, share: each is computed by the loss' own kernel."""

from typing import Any, ClassVar

from numpy.typing import ArrayLike, NDArray

from fastnn.metrics.base import Metric, check_shape
from fastnn_ext.bindings.losses import mean_loss
from fastnn_ext.tables.enums import Loss

__all__ = ["LossMetric"]


class LossMetric(Metric):
    """The mean of a loss over samples; use a subclass."""

    larger_is_better = False
    engine: ClassVar[Loss]

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        check_shape(self.name, y_true, outputs)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        return mean_loss(y_true, y_pred, self.engine)
