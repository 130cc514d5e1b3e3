"""How well each class is found: the confusion matrix, precision, recall and F1.

Precision, recall and F1 are quotients of three counts of each class: samples that are of the class, samples that are
predicted as it, and samples that are both.
"""

import math
from typing import Any, Literal, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.checking.scalars import whole_number
from fastnn.metrics.labels import Labels, check_labels_below, read_labels, read_weights
from fastnn_ext.bindings.metrics import confusion_counts

__all__ = ["AVERAGES", "confusion_matrix", "f1", "f1_of_counts", "precision", "recall"]

Counts = NDArray[np.float64]
Average = Literal["macro", "micro", "weighted", "binary"]

AVERAGES = ("macro", "micro", "weighted", "binary")
# A count of every class is held in memory; a larger label is an identifier that strayed in, not a class.
MOST_CLASSES = 2**24


def confusion_matrix(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    num_classes: SupportsIndex | None = None,
    sample_weight: ArrayLike | None = None,
) -> NDArray[Any]:
    """Count the samples of each true class that were given each predicted class.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,), (n, 1) or (n, n_classes)
        Labels, one-hot rows or probabilities, as for `accuracy`.
    num_classes : int, optional
        The size of the matrix; by default the number of columns of an argument with rows, else the largest label
        plus 1.
    sample_weight : array_like, shape (n,), optional
        How much each sample counts, not negative; by default all count the same.

    Returns
    -------
    ndarray, shape (num_classes, num_classes)
        A row for each true class, a column for each predicted one: int64 counts, or float64 sums of weights.

    Raises
    ------
    TypeError
        If an argument is not numeric or `num_classes` is not an integer.
    ValueError
        As for `accuracy`; also if a label is not below `num_classes`, or the matrix is too large to allocate.

    Examples
    --------
    >>> confusion_matrix([0, 1, 1, 2], [0, 1, 2, 2])
    array([[1, 0, 0],
           [0, 1, 1],
           [0, 0, 1]])
    """
    true_labels, pred_labels, classes = read_labels(y_true, y_pred)
    if num_classes is not None:
        classes = whole_number(num_classes, "num_classes", at_least=1)
        check_labels_below("y_true", true_labels, "the matrix", classes)
        check_labels_below("y_pred", pred_labels, "the matrix", classes)
    weights = read_weights(sample_weight, len(true_labels))
    try:
        return confusion_counts(true_labels, pred_labels, classes, weights)
    except (MemoryError, ValueError, OverflowError) as error:
        raise ValueError(
            f"a matrix of shape ({classes}, {classes}) is too large to allocate; check the labels for stray large ones."
        ) from error


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
    both, predicted, true, occurs = _counts(y_true, y_pred, average, sample_weight)
    return _averaged(both, predicted, true, occurs, average, zero_division)


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
    both, _, true, occurs = _counts(y_true, y_pred, average, sample_weight)
    return _averaged(both, true, true, occurs, average, zero_division)


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
    both, predicted, true, occurs = _counts(y_true, y_pred, average, sample_weight)
    return f1_of_counts(both, predicted, true, occurs, average, zero_division)


def f1_of_counts(
    both: Counts,
    predicted: Counts,
    true: Counts,
    occurs: NDArray[np.bool_],
    average: Average | None,
    zero_division: float = 0.0,
) -> float | Counts:
    """Return F1 from the counts of each class, all of shape (n_classes,); means cover those that occur."""
    return _averaged(2 * both, predicted + true, true, occurs, average, zero_division)


def _counts(
    y_true: ArrayLike, y_pred: ArrayLike, average: str | None, sample_weight: ArrayLike | None
) -> tuple[Counts, Counts, Counts, NDArray[np.bool_]]:
    if average is not None and average not in AVERAGES:
        raise ValueError(f"average is {average!r}; expected one of {', '.join(map(repr, AVERAGES))} or None.")
    true_labels, pred_labels, classes = read_labels(y_true, y_pred)
    if classes > MOST_CLASSES:
        raise ValueError(f"there are {classes} classes; expected at most {MOST_CLASSES}. Check for stray labels.")
    if average == "binary":
        if classes > 2:
            raise ValueError(
                f"average is 'binary', but there are {classes} classes; expected labels 0 and 1. "
                "Choose 'macro', 'micro', 'weighted' or None."
            )
        classes = 2
    weights = read_weights(sample_weight, len(true_labels))

    def count(labels: Labels, chosen: NDArray[np.bool_] | slice = slice(None)) -> Counts:
        chosen_weights = None if weights is None else weights[chosen]
        return np.bincount(labels[chosen], weights=chosen_weights, minlength=classes).astype(np.float64)

    # A class occurs where a sample has it, whatever that sample's weight.
    occurs = np.zeros(classes, np.bool_)
    occurs[true_labels] = occurs[pred_labels] = True
    return count(true_labels, true_labels == pred_labels), count(pred_labels), count(true_labels), occurs


def _averaged(
    part: Counts,
    whole: Counts,
    true: Counts,
    occurs: NDArray[np.bool_],
    average: str | None,
    zero_division: float,
) -> float | Counts:
    """Divide class by class and average."""
    if not (zero_division in (0, 1) or (isinstance(zero_division, float) and math.isnan(zero_division))):
        raise ValueError(f"zero_division is {zero_division!r}; expected 0, 1 or nan.")
    if average == "micro":
        part, whole = part.sum(keepdims=True), whole.sum(keepdims=True)
    values = np.full(part.shape, float(zero_division))
    np.divide(part, whole, out=values, where=whole > 0)
    if average is None:
        return values
    if average == "micro":
        return float(values[0])
    if average == "binary":
        return float(values[1])
    if not occurs.any():
        return float(zero_division)
    covered = occurs & ~np.isnan(values)
    if not covered.any():
        return math.nan
    if average == "weighted" and true[covered].any():
        return float(np.average(values[covered], weights=true[covered]))
    return float(values[covered].mean())
