"""The number of decisions that are positive and right."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fastnn.metrics.objects.decisions import Decisions

__all__ = ["TruePositives"]


class TruePositives(Decisions):
    """The number of decisions that are positive and right, or the sum of their weights.

    Every output is a decision of its own, as in Keras.

    Parameters
    ----------
    thresholds : float or list of float, default 0.5
        As in `Precision`.
    name : str, default "true_positives"

    Examples
    --------
    >>> TruePositives()(np.array([[1], [0]]), np.array([[0.7], [0.8]]))
    1.0
    """

    aliases = ()
    larger_is_better = True

    def __init__(self, thresholds: float | Sequence[float] | None = 0.5, name: str = "true_positives") -> None:
        super().__init__(thresholds, None, name)

    def configuration(self) -> dict[str, object]:
        return {"thresholds": self.thresholds, "name": self.name}

    def of_counts(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Row 0 of the counts."""
        chosen: NDArray[np.float64] = counts[0]
        return chosen
