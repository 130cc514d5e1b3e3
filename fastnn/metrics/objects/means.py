"""What metrics share that are means over samples: they remember a running mean, and no rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.checking.number import Number
from fastnn.metrics.base import Metric
from fastnn.metrics.states import RunningMean

__all__ = ["MeanMetric"]


class MeanMetric(Metric):
    """The mean of a number of each sample, by its weight; use a subclass, which defines `compute`."""

    def _count(self, y_true: ArrayLike, y_pred: ArrayLike, weights: NDArray[Any] | None, value: Any) -> None:
        samples = len(np.atleast_1d(y_pred))
        self.__dict__.setdefault("_state", RunningMean()).add(value, samples if weights is None else weights.sum())

    def result(self) -> float:
        state = self.__dict__.get("_state")
        return Number(math.nan if state is None else state.value)
