"""Metric objects that judge positive and negative decisions: precision, recall, F1 and the area under the ROC curve.

Names and arguments are Keras'.
"""

import math
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.checking.scalars import finite_number, true_or_false, whole_number
from fastnn.metrics.base import Metric, check_decisions, read_rows
from fastnn.metrics.classes import Average, f1_of_counts
from fastnn_ext.bindings.metrics import argmax_rows, decision_counts, roc_area

__all__ = ["AUC", "F1Score", "Precision", "Recall"]


class _Decisions(Metric):
    """Quotients of decisions: outputs above a threshold, all counted together or those of one class."""

    larger_is_better = True
    thresholds: float
    class_id: int | None

    def __init__(self, thresholds: float, class_id: SupportsIndex | None, name: str) -> None:
        super().__init__(name)
        self.thresholds = finite_number(thresholds, "thresholds")
        self.class_id = None if class_id is None else whole_number(class_id, "class_id", at_least=0)

    @property
    def least_outputs(self) -> int:
        return 1 if self.class_id is None else self.class_id + 1

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        if y_true.shape[1] == outputs:
            check_decisions(self.name, y_true if self.class_id is None else y_true[:, self.class_id])

    def counts(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[int, int, int]:
        """True positives, false positives, false negatives."""
        true, pred = read_rows(y_true, y_pred)
        if self.class_id is not None:
            if pred.ndim != 2 or pred.shape[1] <= self.class_id:
                raise ValueError(f"y_pred has shape {pred.shape}; expected a column for class_id {self.class_id}.")
            if true.shape == pred.shape:
                true, pred = true[:, self.class_id, None], pred[:, self.class_id, None]
        counts = decision_counts(true, pred, self.thresholds)[:3]
        check_decisions(self.name, true)
        return counts


class Precision(_Decisions):
    """The share of positive predictions that are right.

    Every output is a decision of its own, as in Keras; with several outputs all are counted together. For the mean
    over classes see `fastnn.metrics.precision`.

    Parameters
    ----------
    thresholds : float, default 0.5
        Above it a prediction is positive. The truth is 0 or 1; class numbers beside two or more outputs are read as
        one-hot rows.
    class_id : int, optional
        Count the decisions of this output alone.
    name : str, default "precision"

    Examples
    --------
    >>> Precision()(np.array([[0], [1], [1]]), np.array([[0.7], [0.8], [0.2]]))
    0.5
    """

    def __init__(
        self, thresholds: float = 0.5, *, class_id: SupportsIndex | None = None, name: str = "precision"
    ) -> None:
        super().__init__(thresholds, class_id, name)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        """Compute the precision; 0 where nothing is predicted positive."""
        both, false_positives, _ = self.counts(y_true, y_pred)
        return both / max(both + false_positives, 1)


class Recall(_Decisions):
    """The share of positive truths that are predicted. Parameters are those of `Precision`.

    Examples
    --------
    >>> Recall()(np.array([[0], [1], [1]]), np.array([[0.1], [0.8], [0.2]]))
    0.5
    """

    def __init__(self, thresholds: float = 0.5, *, class_id: SupportsIndex | None = None, name: str = "recall") -> None:
        super().__init__(thresholds, class_id, name)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        """Compute the recall; 0 where no truth is positive."""
        both, _, false_negatives = self.counts(y_true, y_pred)
        return both / max(both + false_negatives, 1)


class F1Score(Metric):
    """The harmonic mean of precision and recall, averaged over classes; see `fastnn.metrics.f1`.

    A class without a right decision has 0, also where it is neither true nor predicted, and so has the metric where
    nothing is positive: scikit-learn's ``zero_division=0``. "macro" is the plain mean, over these classes:

    - Without a threshold, those that are true or predicted somewhere, as in scikit-learn for class numbers. One that is
      predicted and never true counts with 0; one that does not occur at all does not count, where Keras counts it with
      0.
    - With a threshold, where each output is a decision of its own, all of them, as in scikit-learn for rows and in
      Keras.

    "weighted" lets each class count as often as it is true, and "micro" takes all decisions together.

    Parameters
    ----------
    average : {"macro", "micro", "weighted"}, default "macro"
        Keras' default is None, one number for each class, which a history cannot hold.
    threshold : float, optional
        Every output above it is a positive decision. By default the largest output, the first of equals, is the one
        positive decision of its row; with one output the threshold is 0.5. The truth is 0 or 1, of any number of
        outputs in a row; class numbers are read as one-hot rows.
    name : str, default "f1_score"

    Examples
    --------
    >>> F1Score()(np.array([[0], [1], [1]]), np.array([[0.7, 0.3], [0.2, 0.8], [0.9, 0.1]]))
    0.6666666666666666
    """

    larger_is_better = True
    average: Average
    threshold: float | None

    def __init__(self, average: Average = "macro", threshold: float | None = None, name: str = "f1_score") -> None:
        super().__init__(name)
        if average not in ("macro", "micro", "weighted"):
            raise ValueError(f"average is {average!r}; expected 'macro', 'micro' or 'weighted'.")
        self.average = average
        self.threshold = None if threshold is None else finite_number(threshold, "threshold")

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        if y_true.shape[1] == outputs:
            check_decisions(self.name, y_true)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        true, pred = read_rows(y_true, y_pred)
        # For its checks; the counts themselves are wanted column by column.
        decision_counts(true, pred, 0.5)
        check_decisions(self.name, true)
        is_true = true == 1
        if self.threshold is None and pred.shape[1] > 1:
            chosen = argmax_rows(pred)
            right = is_true[np.arange(len(chosen)), chosen]
            counts: list[NDArray[Any]] = [
                np.bincount(chosen[right], minlength=pred.shape[1]),
                np.bincount(chosen, minlength=pred.shape[1]),
                np.count_nonzero(is_true, axis=0),
            ]
        else:
            is_predicted = pred > (0.5 if self.threshold is None else self.threshold)
            counts = [np.count_nonzero(chosen, axis=0) for chosen in (is_true & is_predicted, is_predicted, is_true)]
        both, predicted, positive = (count.astype(np.float64) for count in counts)
        counted = (predicted + positive > 0) | (self.threshold is not None)
        return float(f1_of_counts(both, predicted, positive, counted, self.average))


class AUC(Metric):
    """The area under the ROC curve, exact: from ranks, not from a number of thresholds; see `fastnn.metrics.roc_auc`.

    Parameters
    ----------
    multi_label : bool, default False
        The mean of the outputs' areas, of those with both truths; by default all outputs are ranked together.
    name : str, default "auc"

    Examples
    --------
    >>> AUC()(np.array([[0], [0], [1], [1]]), np.array([[0.1], [0.4], [0.35], [0.8]]))
    0.75
    """

    larger_is_better = True
    multi_label: bool

    def __init__(self, *, multi_label: bool = False, name: str = "auc") -> None:
        super().__init__(name)
        self.multi_label = true_or_false(multi_label, "multi_label")

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        if y_true.shape[1] == outputs:
            check_decisions(self.name, y_true)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        """Compute the area; NaN where the truth is all positive or all negative, since there is no pair to compare."""
        true, pred = read_rows(y_true, y_pred)
        decision_counts(true, pred, 0.5)  # for its checks
        check_decisions(self.name, true)
        positive = true == 1
        if not self.multi_label:
            return roc_area(positive.ravel(), pred.ravel())
        areas = [roc_area(positive[:, column], pred[:, column]) for column in range(pred.shape[1])]
        known = [area for area in areas if not math.isnan(area)]
        return sum(known) / len(known) if known else math.nan
