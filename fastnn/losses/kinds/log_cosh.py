"""The logarithm of an error's hyperbolic cosine: half its square near zero, its size far away."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.losses.base import Example, Loss
from fastnn.registry import Without
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["LogCosh"]


class LogCosh(Loss):
    """The mean of ``log(cosh(y_pred - y_true))``: ``e**2 / 2`` of small errors, ``abs(e) - log(2)`` of large ones.

    Examples
    --------
    >>> LogCosh().name
    'log_cosh'
    """

    name = "log_cosh"
    engine = EngineLoss.LOG_COSH
    aliases = ()
    summed = False
    keras = "LogCosh"
    torch = Without("PyTorch has none")
    takes = "numbers, (samples, outputs); (samples,) where there is one output"
    last_layer = "linear"

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        return rng.normal(size=(samples, outputs)), rng.normal(size=(samples, outputs))

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        size = np.abs(y_pred - y_true)
        return size + np.log1p(np.expm1(-2 * size) / 2)

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        return np.tanh(y_pred - y_true)
