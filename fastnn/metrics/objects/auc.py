"""The area under the ROC curve, or that of precision and recall, of decisions."""

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.checking.scalars import true_or_false
from fastnn.metrics.base import Metric, check_decisions, read_rows
from fastnn.metrics.labels import read_weights
from fastnn_ext.bindings.metrics import decision_counts, roc_area

__all__ = ["AUC"]


class AUC(Metric):
    """The area under a curve, exact: from ranks, not from a number of thresholds; see `fastnn.metrics.roc_auc`.

    Parameters
    ----------
    curve : {"ROC", "PR"}, default "ROC"
        Of true and false positives, or of precision and recall, interpolated as in Keras (Davis and Goadrich 2006).
    multi_label : bool, default False
        The mean of the outputs' areas, of those with both truths; by default all outputs are ranked together.
    name : str, default "auc"

    Examples
    --------
    >>> AUC()(np.array([[0], [0], [1], [1]]), np.array([[0.1], [0.4], [0.35], [0.8]]))
    0.75
    """

    aliases = ()
    larger_is_better = True
    curve: Literal["ROC", "PR"]
    multi_label: bool

    def __init__(self, *, curve: Literal["ROC", "PR"] = "ROC", multi_label: bool = False, name: str = "auc") -> None:
        super().__init__(name)
        if curve not in ("ROC", "PR"):
            raise ValueError(f"curve must be 'ROC' or 'PR', but it is {curve!r}")
        self.curve = curve
        self.multi_label = true_or_false(multi_label, "multi_label")

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        if y_true.shape[1] == outputs:
            check_decisions(self.name, y_true)

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Compute the area; NaN where the truth is all positive or all negative, since there is no pair to compare.

        The area of precision and recall is NaN where nothing is positive.
        """
        true, pred = read_rows(y_true, y_pred)
        decision_counts(true, pred, 0.5)  # for its checks
        check_decisions(self.name, true)
        positive = true == 1
        weights = read_weights(sample_weight, len(pred))
        if not self.multi_label:
            each = None if weights is None else np.repeat(weights, pred.shape[1])
            return self._area(positive.ravel(), pred.ravel(), each)
        areas = [self._area(positive[:, column], pred[:, column], weights) for column in range(pred.shape[1])]
        known = [area for area in areas if not math.isnan(area)]
        return sum(known) / len(known) if known else math.nan

    def _area(self, positive: NDArray[np.bool_], scores: NDArray[Any], weights: NDArray[np.float64] | None) -> float:
        if self.curve == "ROC" and weights is None:
            return roc_area(positive, scores)
        each = np.ones(len(scores)) if weights is None else weights
        # From the highest score down; equal ones come together.
        _, places = np.unique(-scores, return_inverse=True)
        right: NDArray[np.float64] = np.bincount(places, each * positive).astype(np.float64)
        wrong: NDArray[np.float64] = np.bincount(places, each * ~positive).astype(np.float64)
        return _below_roc(right, wrong) if self.curve == "ROC" else _below_precision_and_recall(right, wrong)


def _below_roc(right: NDArray[np.float64], wrong: NDArray[np.float64]) -> float:
    """How often a positive is above a negative, from the weights of both at each score, the highest first."""
    pairs = right.sum() * wrong.sum()
    above = right.cumsum() - right / 2
    return float((above * wrong).sum() / pairs) if pairs else math.nan


def _below_precision_and_recall(right: NDArray[np.float64], wrong: NDArray[np.float64]) -> float:
    """Between two scores, right decisions grow in proportion to all decisions, and precision bends accordingly."""
    if not right.any():
        return math.nan
    after, chosen_after = right.cumsum(), (right + wrong).cumsum()
    before, chosen_before = after - right, chosen_after - right - wrong
    change = chosen_after - chosen_before
    slope = np.divide(right, change, out=np.zeros_like(right), where=change > 0)
    ratio = np.divide(chosen_after, chosen_before, out=np.ones_like(right), where=chosen_before > 0)
    pieces = slope * (right + (before - slope * chosen_before) * np.log(ratio))
    return float(pieces.sum() / right.sum())
