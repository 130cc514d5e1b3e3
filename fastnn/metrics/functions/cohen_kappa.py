"""Cohen's kappa: agreement of true and predicted classes beyond that of chance."""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from fastnn.metrics.functions.confusion_matrix import confusion_matrix

__all__ = ["WEIGHTINGS", "cohen_kappa"]

WEIGHTINGS = (None, "linear", "quadratic")


def cohen_kappa(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    weights: Literal["linear", "quadratic"] | None = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Compute the agreement beyond chance, ``1 - disagreement / expected`` (Cohen 1960), as ``cohen_kappa_score``.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,), (n, 1) or (n, n_classes)
        Labels, one-hot rows or probabilities, as for `accuracy`.
    weights : {None, "linear", "quadratic"}, default None
        How much a wrong class counts: all the same, or by the distance of the classes' numbers, or by its square, for
        classes that are in an order.
    sample_weight : array_like, shape (n,), optional
        How much each sample counts, not negative; by default all count the same.

    Returns
    -------
    float
        1 where all are right, 0 for guesses; NaN where there is one class alone, since chance agrees, too.

    Raises
    ------
    TypeError, ValueError
        As `accuracy`; also for other `weights`.

    Examples
    --------
    >>> cohen_kappa([0, 0, 1, 1], [0, 1, 1, 1])
    0.5
    """
    if weights not in WEIGHTINGS:
        raise ValueError(f"weights is {weights!r}; expected None, 'linear' or 'quadratic'.")
    counts = confusion_matrix(y_true, y_pred, sample_weight=sample_weight).astype(float)
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    distance = np.abs(np.subtract.outer(np.arange(len(counts)), np.arange(len(counts)))).astype(float)
    cost = distance > 0 if weights is None else distance if weights == "linear" else distance**2
    by_chance = float((cost * expected).sum())
    return 1 - float((cost * counts).sum()) / by_chance if by_chance else math.nan
