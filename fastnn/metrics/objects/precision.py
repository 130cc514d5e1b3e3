"""Precision of decisions."""

from collections.abc import Sequence
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray

from fastnn.metrics.objects.decisions import Decisions

__all__ = ["Precision"]


class Precision(Decisions):
    """The share of positive predictions that are right.

    Every output is a decision of its own, as in Keras; with several outputs all are counted together. For the mean
    over classes see `fastnn.metrics.precision`.

    Parameters
    ----------
    thresholds : float or list of float, default 0.5
        Above it a prediction is positive; of a list there is a value for each, which a history cannot hold. The truth
        is 0 or 1; class numbers beside two or more outputs are read as one-hot rows.
    class_id : int, optional
        Count the decisions of this output alone.
    name : str, default "precision"

    Examples
    --------
    >>> Precision()(np.array([[0], [1], [1]]), np.array([[0.7], [0.8], [0.2]]))
    0.5
    """

    aliases = ()

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = 0.5,
        *,
        class_id: SupportsIndex | None = None,
        name: str = "precision",
    ) -> None:
        super().__init__(thresholds, class_id, name)

    def of_counts(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """The precision; 0 where nothing is predicted positive."""
        both, false_positives, *_ = counts
        share: NDArray[np.float64] = np.divide(both, both + false_positives, out=np.zeros_like(both), where=both > 0)
        return share
