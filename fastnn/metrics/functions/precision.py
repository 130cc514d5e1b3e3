"""The share of samples predicted as a class that are of it."""

from numpy.typing import ArrayLike

from fastnn.metrics.functions.averages import Average, Counts, averaged, class_counts

__all__ = ["precision"]


def precision(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    average: Average | None = "macro",
    sample_weight: ArrayLike | None = None,
    zero_division: float = 0.0,
) -> float | Counts:
    """Compute the share of samples predicted as a class that are of it.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,), (n, 1) or (n, n_classes)
        Labels, one-hot rows or probabilities, as for `accuracy`.
    average : {"macro", "micro", "weighted", "binary", None}, default "macro"
        "macro" is the mean over the classes that occur in `y_true` or `y_pred`, as in scikit-learn: one that is
        predicted and never true counts with a recall of `zero_division`, one that is true and never predicted with such
        a precision, and one that is neither does not count, however many columns there are. "weighted" is the same with
        each class counting as often as it is true, "micro" takes the counts of all classes together, "binary" is the
        value of class 1 where there is none above it, None gives the values of all classes, 0 to the highest.
    sample_weight : array_like, shape (n,), optional
        How much each sample counts, not negative; by default all count the same.
    zero_division : {0, 1, nan}, default 0
        The value of a class that the quotient cannot judge since its divisor is 0; NaN leaves it out of means. For F1
        the divisor is 0 where the class is neither true nor predicted.

    Returns
    -------
    float or ndarray, shape (n_classes,)
        From 0 to 1; an array with ``average=None``.

    Raises
    ------
    TypeError
        If an argument is not numeric.
    ValueError
        As for `accuracy`; also for an `average` or a `zero_division` that is none of the above.

    Examples
    --------
    >>> precision([0, 1, 1, 1], [0, 0, 1, 1], average="binary")
    1.0
    >>> precision([0, 1, 1, 1], [0, 0, 1, 1], average=None)
    array([0.5, 1. ])
    """
    both, predicted, true, occurs = class_counts(y_true, y_pred, average, sample_weight)
    return averaged(both, predicted, true, occurs, average, zero_division)
