"""Top-k accuracy of classes, from one-hot rows or class numbers."""

from typing import SupportsIndex

from numpy.typing import ArrayLike

from fastnn.checking.scalars import whole_number
from fastnn.metrics.functions.top_k_accuracy import top_k_accuracy
from fastnn.metrics.objects.means import MeanMetric

__all__ = ["TopKCategoricalAccuracy"]


class TopKCategoricalAccuracy(MeanMetric):
    """The share of samples whose true class is among the `k` largest outputs; see `fastnn.metrics.top_k_accuracy`.

    Parameters
    ----------
    k : int, default 5
        From 1 to the number of outputs.
    name : str, default "top_k_categorical_accuracy"

    Examples
    --------
    >>> import numpy as np
    >>> TopKCategoricalAccuracy(k=2)(np.array([[2], [1]]), np.array([[0.5, 0.2, 0.3], [0.5, 0.2, 0.3]]))
    0.5
    """

    aliases = ()
    larger_is_better = True
    k: int

    def __init__(self, k: SupportsIndex = 5, name: str = "top_k_categorical_accuracy") -> None:
        super().__init__(name)
        self.k = whole_number(k, "k", at_least=1)

    @property
    def least_outputs(self) -> int:
        return max(self.k, 2)

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return top_k_accuracy(y_true, y_pred, self.k, sample_weight=sample_weight)
