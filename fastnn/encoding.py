"""Encoding of class labels: a label is a whole number from 0 up that names the class of a sample.

Its one-hot vector has a 1 at that position and 0 elsewhere: the target that a softmax layer trains on.
"""

from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastnn.arrays.numbers import numeric_array
from fastnn.checking.labels import class_labels
from fastnn.checking.scalars import whole_number

__all__ = ["to_categorical"]


def to_categorical(
    y: ArrayLike, num_classes: SupportsIndex | None = None, *, dtype: DTypeLike = np.float32
) -> NDArray[Any]:
    """Turn class labels into one-hot rows.

    Parameters
    ----------
    y : array_like, shape (n,), (n, 1) or ()
        Labels from 0 to ``num_classes - 1``: integers, booleans (False is class 0), or whole floats.
    num_classes : int, optional
        The number of classes, 1 or more; by default the largest label plus 1.
    dtype : dtype, default float32
        The type of the result: a boolean, integer or float type.

    Returns
    -------
    ndarray, shape (n, num_classes)
        One row per label; of shape (num_classes,) if `y` is a scalar.

    Raises
    ------
    TypeError
        If `y` or `dtype` is not numeric or `num_classes` is not an integer.
    ValueError
        If a label is negative, fractional, NaN or not below `num_classes`, if the shape of `y` is none of the
        above, if `y` is empty and `num_classes` is not given, or if the result is too large to allocate.

    Examples
    --------
    >>> from fastnn.encoding import to_categorical
    >>> to_categorical([0, 2, 1])
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 1., 0.]], dtype=float32)
    """
    labels = class_labels(_drop_unit_axis(numeric_array(y, "y")), "y")
    classes = _count_classes(labels, num_classes)
    result_dtype = np.dtype(dtype)
    if result_dtype.kind not in "biuf":
        raise TypeError(f"dtype is {result_dtype}; expected a boolean, integer or float type.")
    try:
        one_hot = np.zeros((labels.size, classes), result_dtype)
    except (MemoryError, ValueError) as error:
        raise ValueError(
            f"one-hot rows of shape ({labels.size}, {classes}) in {result_dtype} are too large to allocate; "
            "check y for stray large labels."
        ) from error
    one_hot[np.arange(labels.size), labels.ravel()] = 1
    return one_hot.reshape(*labels.shape, classes)


def _drop_unit_axis(labels: NDArray[Any]) -> NDArray[Any]:
    if labels.ndim == 2 and labels.shape[1] == 1:
        return labels[:, 0]
    if labels.ndim > 1:
        raise ValueError(
            f"y has shape {labels.shape}; expected labels of shape (n,) or (n, 1). "
            "Rows that are one-hot already need no encoding."
        )
    return labels


def _count_classes(labels: NDArray[np.int64], num_classes: SupportsIndex | None) -> int:
    if num_classes is None:
        if labels.size == 0:
            raise ValueError("y is empty, so the number of classes is unknown; pass num_classes.")
        return int(labels.max()) + 1
    classes = whole_number(num_classes, "num_classes", at_least=1)
    if labels.size and labels.max() >= classes:
        raise ValueError(
            f"y holds the label {labels.max()}, but num_classes is {classes}; expected labels from 0 to {classes - 1}."
        )
    return classes
