"""Metrics as objects, which training calls after each epoch: accuracies and errors. Names and arguments are Keras'."""

import math
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.checking.scalars import finite_number, whole_number
from fastnn.metrics.base import Metric, check_shape, read_rows
from fastnn.metrics.correct import accuracy, top_k_accuracy
from fastnn.metrics.errors import r2
from fastnn_ext.bindings.metrics import absolute_error, decision_counts, squared_error

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "R2Score",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
]


class Accuracy(Metric):
    """The share of samples whose class is right.

    With two or more outputs the class is the column of the largest value, the first of equals; with one output it is 1
    where the value is above 0.5, and the truth is compared with it as it is: 0.7, 3 or -1 is never right.
    `BinaryAccuracy` and `CategoricalAccuracy` each do one of the two. This is what Keras computes for the name
    "accuracy"; its own class of this name compares outputs without a decision, which is of use for labels alone.

    Examples
    --------
    >>> metric = Accuracy()
    >>> metric(np.array([[0], [1]]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    1.0
    >>> metric(np.array([[0], [1]]), np.array([[0.9], [0.8]]))
    0.5
    """

    larger_is_better = True

    def __init__(self, name: str = "accuracy") -> None:
        super().__init__(name)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        if np.ndim(y_pred) == 2 and np.shape(y_pred)[1] > 1:
            return accuracy(y_true, y_pred)
        return _share_decided(y_true, y_pred, 0.5)


class BinaryAccuracy(Metric):
    """The share of outputs, each a decision of its own, that are on the right side of a threshold.

    Parameters
    ----------
    name : str, default "binary_accuracy"
    threshold : float, default 0.5
        Above it a prediction is 1, else 0. The truth is compared as it is; class numbers beside two or more outputs are
        read as one-hot rows.

    Examples
    --------
    >>> BinaryAccuracy(threshold=0.0)(np.array([[1.0, 0.0]]), np.array([[0.2, 0.1]]))
    0.5
    """

    larger_is_better = True
    threshold: float

    def __init__(self, name: str = "binary_accuracy", *, threshold: float = 0.5) -> None:
        super().__init__(name)
        self.threshold = finite_number(threshold, "threshold")

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        return _share_decided(y_true, y_pred, self.threshold)


def _share_decided(y_true: ArrayLike, y_pred: ArrayLike, threshold: float) -> float:
    true, pred = read_rows(y_true, y_pred)
    decision_counts(true, pred, threshold)  # for its checks: it would cut the truth at one half
    return int(np.count_nonzero((pred > threshold) == true)) / pred.size


class CategoricalAccuracy(Metric):
    """The share of samples whose largest output, the first of equals, is in the true class' column.

    The truth is one-hot rows, probabilities or class numbers, which are told apart by their shape.

    Examples
    --------
    >>> CategoricalAccuracy()(np.array([[0, 1], [0, 1]]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    0.5
    """

    larger_is_better = True

    def __init__(self, name: str = "categorical_accuracy") -> None:
        super().__init__(name)

    @property
    def least_outputs(self) -> int:
        return 2

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        if np.ndim(y_pred) != 2 or np.shape(y_pred)[1] < 2:
            raise ValueError(
                f"y_pred has shape {np.shape(y_pred)}; expected two columns or more. For one output use BinaryAccuracy."
            )
        return accuracy(y_true, y_pred)


class SparseCategoricalAccuracy(CategoricalAccuracy):
    """`CategoricalAccuracy` under the name that Keras gives it for class numbers."""

    def __init__(self, name: str = "sparse_categorical_accuracy") -> None:
        super().__init__(name)


class TopKCategoricalAccuracy(Metric):
    """The share of samples whose true class is among the `k` largest outputs; see `fastnn.metrics.top_k_accuracy`.

    Parameters
    ----------
    k : int, default 5
        From 1 to the number of outputs.
    name : str, default "top_k_categorical_accuracy"

    Examples
    --------
    >>> TopKCategoricalAccuracy(k=2)(np.array([[2], [1]]), np.array([[0.5, 0.2, 0.3], [0.5, 0.2, 0.3]]))
    0.5
    """

    larger_is_better = True
    k: int

    def __init__(self, k: SupportsIndex = 5, name: str = "top_k_categorical_accuracy") -> None:
        super().__init__(name)
        self.k = whole_number(k, "k", at_least=1)

    @property
    def least_outputs(self) -> int:
        return max(self.k, 2)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        return top_k_accuracy(y_true, y_pred, self.k)


class SparseTopKCategoricalAccuracy(TopKCategoricalAccuracy):
    """`TopKCategoricalAccuracy` under the name that Keras gives it for class numbers."""

    def __init__(self, k: SupportsIndex = 5, name: str = "sparse_top_k_categorical_accuracy") -> None:
        super().__init__(k, name)


class MeanSquaredError(Metric):
    """The mean of ``(y_pred - y_true)**2`` over samples and outputs, in double precision.

    Examples
    --------
    >>> MeanSquaredError()(np.array([[1.0], [2.0]]), np.array([[1.0], [2.5]]))
    0.125
    """

    larger_is_better = False

    def __init__(self, name: str = "mean_squared_error") -> None:
        super().__init__(name)

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        check_shape(self.name, y_true, outputs)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        return squared_error(y_true, y_pred) / np.size(y_pred)


class MeanAbsoluteError(Metric):
    """The mean of ``abs(y_pred - y_true)`` over samples and outputs, in double precision.

    Examples
    --------
    >>> MeanAbsoluteError()(np.array([[1.0], [2.0]]), np.array([[1.0], [2.5]]))
    0.25
    """

    larger_is_better = False

    def __init__(self, name: str = "mean_absolute_error") -> None:
        super().__init__(name)

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        check_shape(self.name, y_true, outputs)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        return absolute_error(y_true, y_pred) / np.size(y_pred)


class R2Score(Metric):
    """The share of the truth's variance that is explained, averaged over outputs; see `fastnn.metrics.r2`.

    Examples
    --------
    >>> R2Score()(np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [2.0], [3.5]]))
    0.875
    """

    larger_is_better = True

    def __init__(self, *, name: str = "r2_score") -> None:
        super().__init__(name)

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        check_shape(self.name, y_true, outputs)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        """Compute R²; NaN for one sample, which has no variance."""
        return r2(y_true, y_pred) if len(np.atleast_1d(y_pred)) > 1 else math.nan
