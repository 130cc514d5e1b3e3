"""The number of decisions that are negative and wrong."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fastnn.metrics.objects.decisions import Decisions

__all__ = ["FalseNegatives"]


class FalseNegatives(Decisions):
    """The number of decisions that are negative and wrong, or the sum of their weights.

    Every output is a decision of its own, as in Keras.

    Parameters
    ----------
    thresholds : float or list of float, default 0.5
        As in `Precision`.
    name : str, default "false_negatives"

    Examples
    --------
    >>> FalseNegatives()(np.array([[1], [0]]), np.array([[0.7], [0.8]]))
    0.0
    """

    aliases = ()
    larger_is_better = False

    def __init__(self, thresholds: float | Sequence[float] | None = 0.5, name: str = "false_negatives") -> None:
        super().__init__(thresholds, None, name)

    def configuration(self) -> dict[str, object]:
        return {"thresholds": self.thresholds, "name": self.name}

    def of_counts(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Row 2 of the counts."""
        chosen: NDArray[np.float64] = counts[2]
        return chosen
