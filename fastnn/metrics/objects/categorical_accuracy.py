"""Accuracy of classes, from one-hot rows or class numbers."""

from numpy.typing import ArrayLike

from fastnn.arrays.convert import to_dense_array
from fastnn.metrics.functions.accuracy import accuracy
from fastnn.metrics.objects.means import MeanMetric

__all__ = ["CategoricalAccuracy"]


class CategoricalAccuracy(MeanMetric):
    """The share of samples whose largest output, the first of equals, is in the true class' column.

    The truth is one-hot rows, probabilities or class numbers, which are told apart by their shape.

    Examples
    --------
    >>> import numpy as np
    >>> CategoricalAccuracy()(np.array([[0, 1], [0, 1]]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    0.5
    """

    aliases = ()
    larger_is_better = True

    def __init__(self, name: str = "categorical_accuracy") -> None:
        super().__init__(name)

    @property
    def least_outputs(self) -> int:
        return 2

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        pred = to_dense_array(y_pred, "y_pred")
        if pred.ndim != 2 or pred.shape[1] < 2:
            raise ValueError(
                f"y_pred has shape {pred.shape}; expected two columns or more. For one output use BinaryAccuracy."
            )
        return accuracy(y_true, pred, sample_weight=sample_weight)
