"""The Brier score, the squared error of probabilities, as training computes it."""

from typing import Any

from numpy.typing import ArrayLike, NDArray

from fastnn.metrics.base import Metric, check_decisions
from fastnn.metrics.functions.brier_score import brier_score

__all__ = ["BrierScore"]


class BrierScore(Metric):
    """The Brier score, the squared error of probabilities; see `fastnn.metrics.brier_score`.

    Parameters
    ----------
    name : str, default "brier_score"

    Examples
    --------
    >>> import numpy as np
    >>> BrierScore()(np.array([[0], [1]]), np.array([[0.5], [1.0]]))
    0.125
    """

    aliases = ()
    larger_is_better = False

    def __init__(self, name: str = "brier_score") -> None:
        super().__init__(name)

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        if y_true.shape[1] == outputs:
            check_decisions(self.name, y_true)

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return brier_score(y_true, y_pred, sample_weight=sample_weight)
