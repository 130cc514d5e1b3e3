"""The Kullback-Leibler divergence: ``y_true * log(y_true / y_pred)``, both kept between 1e-7 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.losses.base import TINY, Example, Loss
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["KLDivergence"]


class KLDivergence(Loss):
    """``sum(y_true * log(y_true / y_pred))``, with both kept between 1e-7 and 1, as in Keras.

    Examples
    --------
    >>> KLDivergence().name
    'kl_divergence'
    """

    name = "kl_divergence"
    engine = EngineLoss.KL_DIVERGENCE
    aliases = ("kld",)
    summed = True
    keras = "KLDivergence"
    torch = "KLDivLoss"
    takes = "one-hot rows or probabilities, (samples, classes)"
    last_layer = "softmax"
    low, high = 0.0, 1.0
    meaning = "probabilities, from 0 to 1"

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        y_true, y_pred = rng.dirichlet(np.full(outputs, 5.0), size=(2, samples))
        return y_true, y_pred

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        y_true, y_pred = np.clip(y_true, TINY, 1), np.clip(y_pred, TINY, 1)
        return y_true * np.log(y_true / y_pred)

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        # Beyond the limits the slope is that at them, so that a share of nothing can still be learned.
        return -np.clip(y_true, TINY, 1) / np.clip(y_pred, TINY, 1)
