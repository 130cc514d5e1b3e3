"""F-beta of classes or decisions, averaged."""

from fastnn.checking.scalars import non_negative_number
from fastnn.metrics.functions.averages import Average
from fastnn.metrics.objects.f1_score import F1Score

__all__ = ["FBetaScore"]


class FBetaScore(F1Score):
    """The weighted harmonic mean of precision and recall: ``(1 + beta**2) / (1 / precision + beta**2 / recall)``.

    Parameters
    ----------
    average : {"macro", "micro", "weighted"}, default "macro"
        As in `F1Score`.
    beta : float, default 1
        Above 0: how many times as important recall is as precision.
    threshold : float, optional
        As in `F1Score`.
    name : str, default "fbeta_score"

    Examples
    --------
    >>> import numpy as np
    >>> FBetaScore(beta=2.0)(np.array([[0], [1], [1]]), np.array([[0.3], [0.8], [0.1]]))
    0.5555555555555556
    """

    aliases = ()

    def __init__(
        self,
        average: Average = "macro",
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
    ) -> None:
        super().__init__(average, threshold, name)
        self.beta = non_negative_number(beta, "beta")
        if self.beta == 0:
            raise ValueError("beta must be above 0, but it is 0: with 0 it is the precision")
