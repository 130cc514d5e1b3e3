"""Truth and predictions as class labels, from whichever form they come in, and the weights of samples."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.convert import to_dense_array
from fastnn.arrays.numbers import finite_array, numeric_array
from fastnn.checking.labels import are_whole, class_labels

__all__ = ["are_plain_batches", "arrays_of", "read_labels", "read_samples", "read_truth", "read_weights"]

Labels = NDArray[np.int64]


def arrays_of(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Targets and outputs of any kind as arrays.

    >>> arrays_of([1, 0], [[0.5], [0.25]])[1].shape
    (2, 1)
    """
    return to_dense_array(y_true, "y_true"), to_dense_array(y_pred, "y_pred")


def are_plain_batches(y_true: object, y_pred: object) -> bool:
    """Tell whether compiled code can read both as they are: rows of scores, and rows or integer labels beside them.

    >>> are_plain_batches(np.array([[0], [1]]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    True
    >>> are_plain_batches([0, 1], [[0.9, 0.1], [0.2, 0.8]])
    False
    """
    if type(y_true) is not np.ndarray or type(y_pred) is not np.ndarray:
        return False
    shape = y_pred.shape
    if len(shape) != 2 or shape[0] < 1 or shape[1] < 2 or y_pred.dtype.char not in "fd":
        return False
    if y_true.shape == shape:
        return y_true.dtype.char in "fdB"
    return y_true.shape in (shape[:1], (shape[0], 1)) and y_true.dtype.kind in "iu"


def read_labels(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Labels, Labels, int]:
    """Return the true and the predicted labels, both (n,), and the number of classes.

    The number of classes is the number of columns where one argument has rows, else the largest label plus 1.
    Forms and errors are those of `fastnn.metrics.accuracy`.

    >>> read_labels([0, 1], [[0.2], [0.9]])
    (array([0, 1]), array([0, 1]), 2)
    """
    true_values, pred_values = read_samples(y_true, y_pred)
    true_labels, true_classes = read_truth(true_values)
    pred_classes: int | None
    if pred_values.ndim == 2 and pred_values.shape[1] == 1 and not are_whole(pred_values).all():
        pred_labels, pred_classes = _threshold(pred_values), 2
    else:
        pred_labels, pred_classes = _labels("y_pred", pred_values)

    if true_classes and pred_classes and true_classes != pred_classes:
        raise ValueError(f"y_true has {true_classes} classes, y_pred {pred_classes}; expected the same.")
    check_labels_below("y_true", true_labels, "y_pred", pred_classes)
    check_labels_below("y_pred", pred_labels, "y_true", true_classes)
    classes = true_classes or pred_classes or max(int(true_labels.max()), int(pred_labels.max())) + 1
    return true_labels, pred_labels, classes


def read_samples(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return both as non-empty arrays (n,) or (n, columns) of numbers without NaN, with the same n."""
    true_values, pred_values = _samples("y_true", y_true), _samples("y_pred", y_pred)
    if len(true_values) != len(pred_values):
        raise ValueError(
            f"y_true has {len(true_values)} sample(s), y_pred {len(pred_values)}; expected one prediction per sample."
        )
    return true_values, pred_values


def read_truth(values: NDArray[Any]) -> tuple[Labels, int | None]:
    """Return the true labels (n,) of an array of `read_samples`, and the number of classes where the shape tells it."""
    return _labels("y_true", values)


def read_weights(sample_weight: ArrayLike | None, samples: int) -> NDArray[np.float64] | None:
    """Return the weights (n,) as float64: finite, none negative, and not all of them zero.

    >>> read_weights([1, 2], 2)
    array([1., 2.])
    >>> read_weights(None, 2) is None
    True
    """
    if sample_weight is None:
        return None
    weights = finite_array(sample_weight, "sample_weight", ndim=1)
    if len(weights) != samples:
        raise ValueError(f"sample_weight has {len(weights)} weight(s), but there are {samples} sample(s).")
    if weights.min() < 0:
        raise ValueError(f"sample_weight holds {weights.min()}; expected weights that are not negative.")
    if weights.max() == 0:
        raise ValueError("sample_weight holds only zeros; expected a weight above zero.")
    return weights


def check_labels_below(name: str, labels: Labels, other: str, classes: int | None) -> None:
    """Raise ValueError if a label is none of the other argument's classes."""
    if classes and labels.max() >= classes:
        raise ValueError(
            f"{name} holds the label {labels.max()}, but {other} has {classes} classes; "
            f"expected labels from 0 to {classes - 1}."
        )


def _samples(name: str, value: ArrayLike) -> NDArray[Any]:
    array = numeric_array(value, name)
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(
            f"{name} has shape {array.shape}; expected at least one sample, as labels of shape (n,) or "
            "(n, 1) or rows of shape (n, n_classes)."
        )
    return array


def _labels(name: str, array: NDArray[Any]) -> tuple[Labels, int | None]:
    if array.ndim == 2 and array.shape[1] > 1:
        return array.argmax(axis=1), array.shape[1]
    return class_labels(array.ravel(), name), None


def _threshold(probabilities: NDArray[Any]) -> Labels:
    outside = probabilities[(probabilities < 0) | (probabilities > 1)]
    if outside.size:
        raise ValueError(
            f"y_pred holds {outside[0]}; expected class labels, or a column of probabilities from 0 to 1. "
            "Apply the sigmoid to logits, or choose the classes with a threshold of your own."
        )
    return (probabilities[:, 0] > 0.5).astype(np.int64)
