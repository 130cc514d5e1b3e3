"""The hinge loss between the true class and the best other one, averaged."""

from typing import Any

from numpy.typing import ArrayLike, NDArray

from fastnn.metrics.base import read_rows
from fastnn.metrics.objects.of_losses import LossMetric
from fastnn_ext.tables.enums import Loss

__all__ = ["CategoricalHinge"]


class CategoricalHinge(LossMetric):
    """The mean over samples of ``max(0, 1 + max((1 - y_true) * y_pred) - sum(y_true * y_pred))``, for one-hot rows.

    Examples
    --------
    >>> import numpy as np
    >>> CategoricalHinge()(np.array([[0, 1, 0]]), np.array([[0.5, 1.0, 0.25]]))
    0.5
    """

    aliases = ()
    engine = Loss.CATEGORICAL_HINGE

    def __init__(self, name: str = "categorical_hinge") -> None:
        super().__init__(name)

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        """Nothing: class numbers stand for one-hot rows."""

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return super().compute(*read_rows(y_true, y_pred), sample_weight)
