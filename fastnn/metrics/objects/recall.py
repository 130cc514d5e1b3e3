"""Recall of decisions."""

from collections.abc import Sequence
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray

from fastnn.metrics.objects.decisions import Decisions

__all__ = ["Recall"]


class Recall(Decisions):
    """The share of positive truths that are predicted. Parameters are those of `Precision`.

    Examples
    --------
    >>> Recall()(np.array([[0], [1], [1]]), np.array([[0.1], [0.8], [0.2]]))
    0.5
    """

    aliases = ()

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = 0.5,
        *,
        class_id: SupportsIndex | None = None,
        name: str = "recall",
    ) -> None:
        super().__init__(thresholds, class_id, name)

    def of_counts(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """The recall; 0 where no truth is positive."""
        both, _, false_negatives, _ = counts
        share: NDArray[np.float64] = np.divide(both, both + false_negatives, out=np.zeros_like(both), where=both > 0)
        return share
