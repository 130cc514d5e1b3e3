"""Accuracy as training computes it: of classes, or of decisions of one output."""

from numpy.typing import ArrayLike

from fastnn.arrays.convert import to_dense_array
from fastnn.metrics.functions.accuracy import accuracy
from fastnn.metrics.objects.decisions import share_decided
from fastnn.metrics.objects.means import MeanMetric

__all__ = ["Accuracy"]


class Accuracy(MeanMetric):
    """The share of samples whose class is right.

    With two or more outputs the class is the column of the largest value, the first of equals; with one output it is 1
    where the value is above 0.5, and the truth is compared with it as it is: 0.7, 3 or -1 is never right.
    `BinaryAccuracy` and `CategoricalAccuracy` each do one of the two. This is what Keras computes for the name
    "accuracy"; its own class of this name compares outputs without a decision, which is of use for labels alone.

    Examples
    --------
    >>> import numpy as np
    >>> Accuracy()(np.array([[0], [1]]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    1.0
    >>> Accuracy()(np.array([[0], [1]]), np.array([[0.9], [0.8]]))
    0.5
    """

    aliases = ("acc",)
    larger_is_better = True

    def __init__(self, name: str = "accuracy") -> None:
        super().__init__(name)

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        pred = to_dense_array(y_pred, "y_pred")
        if pred.ndim == 2 and pred.shape[1] > 1:
            return accuracy(y_true, pred, sample_weight=sample_weight)
        return share_decided(y_true, pred, 0.5, sample_weight)
