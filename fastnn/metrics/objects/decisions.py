"""What metrics of positive and negative decisions share: which outputs decide, and their counts."""

from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.checking.scalars import finite_number, whole_number
from fastnn.metrics.base import Metric, check_decisions, read_rows
from fastnn_ext.bindings.metrics import decision_counts

__all__ = ["Decisions", "share_decided"]


class Decisions(Metric):
    """Quotients of decisions: outputs above a threshold, all counted together or those of one class."""

    larger_is_better = True
    thresholds: float
    class_id: int | None

    def __init__(self, thresholds: float, class_id: SupportsIndex | None, name: str) -> None:
        super().__init__(name)
        self.thresholds = finite_number(thresholds, "thresholds")
        self.class_id = None if class_id is None else whole_number(class_id, "class_id", at_least=0)

    @property
    def least_outputs(self) -> int:
        return 1 if self.class_id is None else self.class_id + 1

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        if y_true.shape[1] == outputs:
            check_decisions(self.name, y_true if self.class_id is None else y_true[:, self.class_id])

    def counts(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[int, int, int]:
        """True positives, false positives, false negatives."""
        true, pred = read_rows(y_true, y_pred)
        if self.class_id is not None:
            if pred.ndim != 2 or pred.shape[1] <= self.class_id:
                raise ValueError(f"y_pred has shape {pred.shape}; expected a column for class_id {self.class_id}.")
            if true.shape == pred.shape:
                true, pred = true[:, self.class_id, None], pred[:, self.class_id, None]
        counts = decision_counts(true, pred, self.thresholds)[:3]
        check_decisions(self.name, true)
        return counts


def share_decided(y_true: ArrayLike, y_pred: ArrayLike, threshold: float) -> float:
    """The share of outputs that are on the side of a threshold where the truth, 0 or 1, wants them.

    >>> share_decided(np.array([[1.0, 0.0]]), np.array([[0.2, 0.1]]), 0.0)
    0.5
    """
    true, pred = read_rows(y_true, y_pred)
    decision_counts(true, pred, threshold)  # for its checks: it would cut the truth at one half
    return int(np.count_nonzero((pred > threshold) == true)) / pred.size
