"""What the losses that Keras has as metrics, too, share: each is computed by the loss' own kernel."""

from typing import Any, ClassVar

from numpy.typing import ArrayLike, NDArray

from fastnn.losses.names import LOSSES
from fastnn.metrics.base import check_shape
from fastnn.metrics.labels import arrays_of
from fastnn.metrics.objects.means import MeanMetric
from fastnn_ext.bindings.losses import mean_loss
from fastnn_ext.tables.enums import Loss

__all__ = ["LossMetric"]


class LossMetric(MeanMetric):
    """The mean of a loss over samples; use a subclass."""

    larger_is_better = False
    engine: ClassVar[Loss]

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        check_shape(self.name, y_true, outputs)

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        if sample_weight is None:
            return mean_loss(*arrays_of(y_true, y_pred), self.engine)
        kind = next(kind for kind in LOSSES if kind.engine == self.engine)
        return float(kind(reduction="mean_with_sample_weight")(y_true, y_pred, sample_weight))
