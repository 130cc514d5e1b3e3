"""The binary cross-entropy: ``-y log(p) - (1 - y) log(1 - p)`` of each output."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.losses.base import Example
from fastnn.losses.crossentropy import Crossentropy
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["BinaryCrossentropy"]


class BinaryCrossentropy(Crossentropy):
    """``-y log(p) - (1 - y) log(1 - p)`` of each output, a decision of its own.

    Parameters
    ----------
    from_logits : bool, default False
        The outputs are those before the sigmoid.
    label_smoothing : float, default 0
        In [0, 1]: targets move towards a half by this share.
    reduction
        As in `Loss`.

    Examples
    --------
    >>> BinaryCrossentropy(from_logits=True).options()
    {'from_logits': True, 'label_smoothing': 0.0}
    """

    name = "binary_crossentropy"
    engine = EngineLoss.BINARY_CROSS_ENTROPY
    aliases = ("bce",)
    summed = False
    keras = "BinaryCrossentropy"
    torch = "BCELoss"
    takes = "from 0 to 1, a decision for each output"
    last_layer = "sigmoid"
    meaning = "targets from 0 to 1"

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        decisions = rng.integers(2, size=(samples, outputs)).astype(float)
        return decisions, rng.uniform(0.05, 0.95, size=(samples, outputs))

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        y_true = self._smoothed(y_true)
        if self.from_logits:
            return np.logaddexp(0, y_pred) - y_true * y_pred
        return -y_true * np.log(y_pred) - (1 - y_true) * np.log(1 - y_pred)

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        y_true = self._smoothed(y_true)
        if self.from_logits:
            return 1 / (1 + np.exp(-y_pred)) - y_true
        return (y_pred - y_true) / (y_pred * (1 - y_pred))

    def _smoothed(self, y_true: Any) -> Any:
        return y_true * (1 - self.label_smoothing) + self.label_smoothing / 2
