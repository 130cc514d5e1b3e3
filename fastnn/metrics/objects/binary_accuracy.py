"""Accuracy of outputs that each decide on their own."""

from numpy.typing import ArrayLike

from fastnn.checking.scalars import finite_number
from fastnn.metrics.objects.decisions import share_decided
from fastnn.metrics.objects.means import MeanMetric

__all__ = ["BinaryAccuracy"]


class BinaryAccuracy(MeanMetric):
    """The share of outputs, each a decision of its own, that are on the right side of a threshold.

    Parameters
    ----------
    name : str, default "binary_accuracy"
    threshold : float, default 0.5
        Above it a prediction is 1, else 0. The truth is compared as it is; class numbers beside two or more outputs are
        read as one-hot rows.

    Examples
    --------
    >>> import numpy as np
    >>> BinaryAccuracy(threshold=0.0)(np.array([[1.0, 0.0]]), np.array([[0.2, 0.1]]))
    0.5
    """

    aliases = ()
    larger_is_better = True
    threshold: float

    def __init__(self, name: str = "binary_accuracy", *, threshold: float = 0.5) -> None:
        super().__init__(name)
        self.threshold = finite_number(threshold, "threshold")

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return share_decided(y_true, y_pred, self.threshold, sample_weight)
