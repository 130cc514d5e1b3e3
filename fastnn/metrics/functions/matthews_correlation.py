"""Matthews' correlation of true and predicted classes."""

import math

from numpy.typing import ArrayLike

from fastnn.metrics.functions.confusion_matrix import confusion_matrix

__all__ = ["matthews_correlation"]


def matthews_correlation(y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None) -> float:
    """Compute the correlation of true and predicted classes, as scikit-learn's ``matthews_corrcoef``.

    For two classes it is ``(TP * TN - FP * FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN))`` (Matthews 1975), for
    more that of Gorodkin (2004). It is of use where classes are of very different sizes.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,), (n, 1) or (n, n_classes)
        Labels, one-hot rows or probabilities, as for `accuracy`.
    sample_weight : array_like, shape (n,), optional
        How much each sample counts, not negative; by default all count the same.

    Returns
    -------
    float
        1 where all are right, 0 for guesses, also where all are of one class or predicted as one, down to -1.

    Raises
    ------
    TypeError, ValueError
        As `accuracy`.

    Examples
    --------
    >>> matthews_correlation([0, 0, 1, 1], [0, 1, 1, 1])
    0.5773502691896258
    """
    counts = confusion_matrix(y_true, y_pred, sample_weight=sample_weight).astype(float)
    true, predicted, total = counts.sum(axis=1), counts.sum(axis=0), counts.sum()
    together = total * counts.trace() - true @ predicted
    spread = (total**2 - true @ true) * (total**2 - predicted @ predicted)
    return float(together / math.sqrt(spread)) if spread > 0 else 0.0
