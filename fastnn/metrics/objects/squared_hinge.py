"""The squared hinge loss of classes -1 and 1, averaged."""

from typing import Any

from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.convert import to_dense_array
from fastnn.metrics.objects.of_losses import LossMetric
from fastnn_ext.tables.enums import Loss

__all__ = ["SquaredHinge"]


class SquaredHinge(LossMetric):
    """The mean of ``max(0, 1 - y_true * y_pred)**2`` over samples and outputs, for classes -1 and 1, or 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> SquaredHinge()(np.array([[1.0], [-1.0]]), np.array([[0.5], [-2.0]]))
    0.125
    """

    aliases = ()
    engine = Loss.SQUARED_HINGE

    def __init__(self, name: str = "squared_hinge") -> None:
        super().__init__(name)

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        super().check_truth(y_true, outputs)
        self._check_classes(y_true)

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        true = to_dense_array(y_true, "y_true")
        self._check_classes(true)
        return super().compute(true, y_pred, sample_weight)

    def _check_classes(self, true: NDArray[Any]) -> None:
        for negative in (-1, 0):
            known = (true == 1) | (true == negative)
            if known.all():
                return
        raise ValueError(
            f"the metric {self.name} takes classes -1 and 1, or 0 and 1, but y_true holds "
            f"{true[~known][0]:g} beside them"
        )
