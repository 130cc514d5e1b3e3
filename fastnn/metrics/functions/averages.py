"""What precision, recall and F1 share: the counts of each class, and averages of their quotients.

The three are quotients of three counts of each class: samples that are of the class, samples that are predicted as it,
and samples that are both.
"""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.metrics.labels import Labels, read_labels, read_weights

__all__ = ["AVERAGES", "Average", "Counts", "averaged", "class_counts"]

Counts = NDArray[np.float64]
Average = Literal["macro", "micro", "weighted", "binary"]

AVERAGES = ("macro", "micro", "weighted", "binary")
# A count of every class is held in memory; a larger label is an identifier that strayed in, not a class.
MOST_CLASSES = 2**24


def class_counts(
    y_true: ArrayLike, y_pred: ArrayLike, average: str | None, sample_weight: ArrayLike | None
) -> tuple[Counts, Counts, Counts, NDArray[np.bool_]]:
    """Return how often each class is both, predicted and true, and whether it occurs: all of shape (n_classes,).

    >>> class_counts([0, 1, 1], [0, 0, 1], "macro", None)[:3]
    (array([1., 1.]), array([2., 1.]), array([1., 2.]))
    """
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


def averaged(
    part: Counts,
    whole: Counts,
    true: Counts,
    occurs: NDArray[np.bool_],
    average: str | None,
    zero_division: float,
) -> float | Counts:
    """Divide the counts of a part by those of its whole, class by class, and average."""
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
