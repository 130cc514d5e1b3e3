"""Precision of decisions."""

from typing import SupportsIndex

from numpy.typing import ArrayLike

from fastnn.metrics.objects.decisions import Decisions

__all__ = ["Precision"]


class Precision(Decisions):
    """The share of positive predictions that are right.

    Every output is a decision of its own, as in Keras; with several outputs all are counted together. For the mean
    over classes see `fastnn.metrics.precision`.

    Parameters
    ----------
    thresholds : float, default 0.5
        Above it a prediction is positive. The truth is 0 or 1; class numbers beside two or more outputs are read as
        one-hot rows.
    class_id : int, optional
        Count the decisions of this output alone.
    name : str, default "precision"

    Examples
    --------
    >>> import numpy as np
    >>> Precision()(np.array([[0], [1], [1]]), np.array([[0.7], [0.8], [0.2]]))
    0.5
    """

    aliases = ()

    def __init__(
        self, thresholds: float = 0.5, *, class_id: SupportsIndex | None = None, name: str = "precision"
    ) -> None:
        super().__init__(thresholds, class_id, name)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        """Compute the precision; 0 where nothing is predicted positive."""
        both, false_positives, _ = self.counts(y_true, y_pred)
        return both / max(both + false_positives, 1)
