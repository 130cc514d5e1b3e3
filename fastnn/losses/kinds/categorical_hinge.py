"""The categorical hinge loss: by how much the true class' output is not 1 above all others."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.losses.base import Example, Loss
from fastnn.registry import Without
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["CategoricalHinge"]


class CategoricalHinge(Loss):
    """``max(0, 1 + max((1 - y_true) * y_pred) - sum(y_true * y_pred))`` of each sample, for one-hot rows.

    Of equal outputs the first is the largest, whose gradient it is.

    Examples
    --------
    >>> CategoricalHinge().name
    'categorical_hinge'
    """

    name = "categorical_hinge"
    engine = EngineLoss.CATEGORICAL_HINGE
    aliases = ()
    summed = True
    keras = "CategoricalHinge"
    torch = Without("PyTorch's MultiMarginLoss sums over all other classes")
    takes = "one-hot rows of 0 and 1, or of -1 and 1, (samples, classes)"
    last_layer = "linear"
    low, high = -1.0, 1.0
    meaning = "one-hot rows of 0 and 1, or of -1 and 1"

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        y_true = np.eye(outputs)[rng.integers(outputs, size=samples)]
        return y_true, rng.normal(size=(samples, outputs))

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        # Whole in the first column, since a sample's value is the sum.
        values = np.zeros(np.shape(y_pred))
        values[:, 0] = np.maximum(0, self._excess(y_true, y_pred))
        return values

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        rows, worst = np.arange(len(y_pred)), ((1 - y_true) * y_pred).argmax(axis=1)
        slopes = -y_true
        slopes[rows, worst] += 1 - y_true[rows, worst]
        return np.where(self._excess(y_true, y_pred)[:, None] > 0, slopes, 0.0)

    def _excess(self, y_true: Any, y_pred: Any) -> Any:
        return 1 + ((1 - y_true) * y_pred).max(axis=1) - (y_true * y_pred).sum(axis=1)
