"""The share of samples of a class that are predicted as it."""

from numpy.typing import ArrayLike

from fastnn.metrics.functions.averages import Average, Counts, averaged, class_counts

__all__ = ["recall"]


def recall(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    average: Average | None = "macro",
    sample_weight: ArrayLike | None = None,
    zero_division: float = 0.0,
) -> float | Counts:
    """Compute the share of samples of a class that are predicted as it.

    Parameters, result and errors are those of `precision`.

    Examples
    --------
    >>> recall([0, 1, 1, 1, 1], [0, 0, 1, 1, 1], average="binary")
    0.75
    """
    both, _, true, occurs = class_counts(y_true, y_pred, average, sample_weight)
    return averaged(both, true, true, occurs, average, zero_division)
