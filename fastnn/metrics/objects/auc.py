"""The area under the ROC curve of decisions."""

import math
from typing import Any

from numpy.typing import ArrayLike, NDArray

from fastnn.checking.scalars import true_or_false
from fastnn.metrics.base import Metric, check_decisions, read_rows
from fastnn_ext.bindings.metrics import decision_counts, roc_area

__all__ = ["AUC"]


class AUC(Metric):
    """The area under the ROC curve, exact: from ranks, not from a number of thresholds; see `fastnn.metrics.roc_auc`.

    Parameters
    ----------
    multi_label : bool, default False
        The mean of the outputs' areas, of those with both truths; by default all outputs are ranked together.
    name : str, default "auc"

    Examples
    --------
    >>> import numpy as np
    >>> AUC()(np.array([[0], [0], [1], [1]]), np.array([[0.1], [0.4], [0.35], [0.8]]))
    0.75
    """

    aliases = ()
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
