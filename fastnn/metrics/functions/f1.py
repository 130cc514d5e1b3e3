"""F1, the harmonic mean of precision and recall."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.metrics.functions.averages import Average, Counts, averaged, class_counts

__all__ = ["f1", "f1_of_counts"]


def f1(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    average: Average | None = "macro",
    sample_weight: ArrayLike | None = None,
    zero_division: float = 0.0,
) -> float | Counts:
    """Compute the harmonic mean of precision and recall: ``2 * both / (predicted + true)`` samples of a class.

    Parameters, result and errors are those of `precision`.

    Examples
    --------
    >>> f1([0, 1, 1, 1, 0], [0, 0, 1, 1, 1], average="binary")
    0.6666666666666666
    """
    both, predicted, true, occurs = class_counts(y_true, y_pred, average, sample_weight)
    return f1_of_counts(both, predicted, true, occurs, average, zero_division)


def f1_of_counts(
    both: Counts,
    predicted: Counts,
    true: Counts,
    occurs: NDArray[np.bool_],
    average: Average | None,
    zero_division: float = 0.0,
    beta: float = 1.0,
) -> float | Counts:
    """Return F1 from the counts of each class, all of shape (n_classes,); means cover those that occur.

    Another `beta` weighs recall by its square (van Rijsbergen 1979).
    """
    weight = beta**2
    return averaged((1 + weight) * both, predicted + weight * true, true, occurs, average, zero_division)
