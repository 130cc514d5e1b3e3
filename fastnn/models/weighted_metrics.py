"""Metrics that weigh samples: those of ``compile(weighted_metrics=[...])``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastnn.metrics.base import Metric
from fastnn.models.per_output import MetricOfOutput

__all__ = ["WeightedMetric", "is_weighted"]


class WeightedMetric(Metric):
    """A metric that is told the weights of the samples; ``model.compile`` makes it.

    Parameters
    ----------
    metric : Metric
    name : str, optional
        By default the metric's own.

    Examples
    --------
    >>> from fastnn.metrics import MeanAbsoluteError
    >>> metric = WeightedMetric(MeanAbsoluteError("mae"))
    >>> metric.name, metric.compute(np.zeros((2, 1)), np.array([[1.0], [4.0]]), np.array([2.0, 1.0]))
    ('mae', 2.0)
    """

    def __init__(self, metric: Metric, name: str | None = None) -> None:
        super().__init__(metric.name if name is None else name)
        self.metric = metric
        self.larger_is_better = metric.larger_is_better

    def compute(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        if sample_weight is None:
            return self.metric.compute(y_true, y_pred)
        if not np.any(sample_weight):
            return math.nan
        return self.metric.compute(y_true, y_pred, sample_weight)

    def check_truth(self, y_true: Any, outputs: Any) -> None:
        self.metric.check_truth(y_true, outputs)

    def __repr__(self) -> str:
        return f"{self.metric!r} by weight"


def is_weighted(metric: Metric) -> bool:
    """Whether a metric of a model, or that of one output, weighs samples.

    >>> from fastnn.metrics import MeanAbsoluteError
    >>> is_weighted(MeanAbsoluteError()), is_weighted(MetricOfOutput(WeightedMetric(MeanAbsoluteError()), "price", 0))
    (False, True)
    """
    return isinstance(metric.metric if isinstance(metric, MetricOfOutput) else metric, WeightedMetric)
