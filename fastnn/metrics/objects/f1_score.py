"""F1 of classes or decisions, averaged."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.checking.scalars import finite_number
from fastnn.metrics.base import Metric, check_decisions, read_rows
from fastnn.metrics.functions.averages import Average
from fastnn.metrics.functions.f1 import f1_of_counts
from fastnn.metrics.labels import read_weights
from fastnn_ext.bindings.metrics import argmax_rows, decision_counts

__all__ = ["F1Score"]


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

    aliases = ()
    larger_is_better = True
    beta: float = 1.0
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

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        true, pred = read_rows(y_true, y_pred)
        # For its checks; the counts themselves are wanted column by column.
        decision_counts(true, pred, 0.5)
        check_decisions(self.name, true)
        is_true = true == 1
        given = read_weights(sample_weight, len(pred))
        weights = np.ones(len(pred)) if given is None else given
        if self.threshold is None and pred.shape[1] > 1:
            chosen = argmax_rows(pred)
            right = is_true[np.arange(len(chosen)), chosen]
            counts: list[NDArray[Any]] = [
                np.bincount(chosen[right], weights[right], minlength=pred.shape[1]),
                np.bincount(chosen, weights, minlength=pred.shape[1]),
                weights @ is_true,
            ]
        else:
            is_predicted = pred > (0.5 if self.threshold is None else self.threshold)
            counts = [weights @ chosen for chosen in (is_true & is_predicted, is_predicted, is_true)]
        both, predicted, positive = counts
        counted = (predicted + positive > 0) | (self.threshold is not None)
        return float(f1_of_counts(both, predicted, positive, counted, self.average, beta=self.beta))
