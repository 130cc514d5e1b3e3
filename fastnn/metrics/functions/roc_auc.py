"""The area under the receiver operating characteristic, which judges scores without a threshold."""

import numpy as np
from numpy.typing import ArrayLike

from fastnn.metrics.labels import check_labels_below, read_samples, read_truth
from fastnn_ext.bindings.metrics import roc_area

__all__ = ["roc_auc"]


def roc_auc(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Compute the area under the ROC curve: how often a positive sample has a larger score than a negative one.

    Equal scores count one half. With three or more classes each is set against the rest, and the areas are averaged
    (``multi_class="ovr", average="macro"`` in scikit-learn).

    Parameters
    ----------
    y_true : array_like, shape (n,), (n, 1) or (n, n_classes)
        The truth: labels, one-hot rows or probabilities, as for `accuracy`. Each class must occur.
    y_pred : array_like, shape (n,), (n, 1) or (n, n_classes)
        Scores, such as probabilities or logits: of class 1, or of all classes. Of two columns the second is taken.

    Returns
    -------
    float
        From 0 to 1; 0.5 is what chance gives.

    Raises
    ------
    TypeError
        If an argument is not numeric.
    ValueError
        If the lengths or numbers of classes disagree, an argument is empty, has another shape or contains NaN, a label
        is not a class, or a class does not occur in `y_true`.

    Examples
    --------
    >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    >>> roc_auc([0, 1, 2], [[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.2, 0.3, 0.5]])
    1.0
    """
    true_values, scores = read_samples(y_true, y_pred)
    labels, true_classes = read_truth(true_values)
    columns = scores.shape[1] if scores.ndim == 2 else 1
    classes = max(columns, 2)
    if true_classes and true_classes != classes:
        raise ValueError(f"y_true has {true_classes} classes, y_pred {classes}; expected the same.")
    check_labels_below("y_true", labels, "y_pred", classes)
    missing = np.flatnonzero(np.bincount(labels, minlength=classes) == 0)
    if missing.size:
        raise ValueError(f"y_true has no sample of class {missing[0]}; the area needs samples of every class.")
    if columns < 3:
        return roc_area(labels, scores.reshape(len(scores), columns)[:, -1])
    return float(np.mean([roc_area(labels == number, scores[:, number]) for number in range(classes)]))
