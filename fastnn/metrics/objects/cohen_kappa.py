"""Cohen's kappa, the agreement beyond chance, as training computes it."""

from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

from fastnn.metrics.base import Metric, check_decisions
from fastnn.metrics.functions.cohen_kappa import WEIGHTINGS, cohen_kappa

__all__ = ["CohenKappa"]


class CohenKappa(Metric):
    """Cohen's kappa, the agreement beyond chance; see `fastnn.metrics.cohen_kappa`.

    Parameters
    ----------
    weights : {None, "linear", "quadratic"}, default None
        How much a wrong class counts.
    name : str, default "cohen_kappa"

    Examples
    --------
    >>> import numpy as np
    >>> CohenKappa()(np.array([[0], [0], [1], [1]]), np.array([[0.1], [0.8], [0.7], [0.9]]))
    0.5
    """

    aliases = ()
    larger_is_better = True
    weights: Literal["linear", "quadratic"] | None

    def __init__(self, weights: Literal["linear", "quadratic"] | None = None, name: str = "cohen_kappa") -> None:
        super().__init__(name)
        if weights not in WEIGHTINGS:
            raise ValueError(f"weights is {weights!r}; expected None, 'linear' or 'quadratic'.")
        self.weights = weights

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        if y_true.shape[1] == outputs:
            check_decisions(self.name, y_true)

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return cohen_kappa(y_true, y_pred, weights=self.weights, sample_weight=sample_weight)
