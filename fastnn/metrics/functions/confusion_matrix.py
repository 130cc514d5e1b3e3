"""The confusion matrix: how often each true class is given each predicted one."""

from typing import Any, SupportsIndex

from numpy.typing import ArrayLike, NDArray

from fastnn.checking.scalars import whole_number
from fastnn.metrics.labels import check_labels_below, read_labels, read_weights
from fastnn_ext.bindings.metrics import confusion_counts

__all__ = ["confusion_matrix"]


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
