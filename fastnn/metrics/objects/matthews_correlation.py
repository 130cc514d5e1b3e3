"""Matthews' correlation of true and predicted classes, as training computes it."""

from typing import Any

from numpy.typing import ArrayLike, NDArray

from fastnn.metrics.base import Metric, check_decisions
from fastnn.metrics.functions.matthews_correlation import matthews_correlation

__all__ = ["MatthewsCorrelation"]


class MatthewsCorrelation(Metric):
    """Matthews' correlation of true and predicted classes; see `fastnn.metrics.matthews_correlation`.

    Parameters
    ----------
    name : str, default "matthews_correlation"

    Examples
    --------
    >>> import numpy as np
    >>> MatthewsCorrelation()(np.array([[0], [0], [1], [1]]), np.array([[0.1], [0.8], [0.7], [0.9]]))
    0.5773502691896258
    """

    aliases = ()
    larger_is_better = True

    def __init__(self, name: str = "matthews_correlation") -> None:
        super().__init__(name)

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        if y_true.shape[1] == outputs:
            check_decisions(self.name, y_true)

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return matthews_correlation(y_true, y_pred, sample_weight=sample_weight)
