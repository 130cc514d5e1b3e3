"""Recall of decisions."""

from typing import SupportsIndex

from numpy.typing import ArrayLike

from fastnn.metrics.objects.decisions import Decisions

__all__ = ["Recall"]


class Recall(Decisions):
    """The share of positive truths that are predicted. Parameters are those of `Precision`.

    Examples
    --------
    >>> import numpy as np
    >>> Recall()(np.array([[0], [1], [1]]), np.array([[0.1], [0.8], [0.2]]))
    0.5
    """

    aliases = ()

    def __init__(self, thresholds: float = 0.5, *, class_id: SupportsIndex | None = None, name: str = "recall") -> None:
        super().__init__(thresholds, class_id, name)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        """Compute the recall; 0 where no truth is positive."""
        both, _, false_negatives = self.counts(y_true, y_pred)
        return both / max(both + false_negatives, 1)
