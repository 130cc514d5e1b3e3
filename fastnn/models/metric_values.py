"""The values of a model's metrics: of all rows at once, or counted part by part."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from fastnn.metrics.base import Metric
from fastnn.models.per_output import MetricOfOutput
from fastnn.models.several import each, take_rows
from fastnn.models.weighted_metrics import WeightedMetric, is_weighted

__all__ = ["RunningMetric", "values_of"]


class RunningMetric:
    """A metric of a model with a state of its own; the user's object keeps the state that it has.

    Parameters
    ----------
    metric : Metric
    """

    def __init__(self, metric: Metric) -> None:
        self.name = metric.name
        self.place = metric.place if isinstance(metric, MetricOfOutput) else None
        inner = metric.metric if isinstance(metric, MetricOfOutput) else metric
        self.weighted = isinstance(inner, WeightedMetric)
        self.metric = copy.copy(inner.metric if isinstance(inner, WeightedMetric) else inner)
        self.metric.reset_state()
        self.finite = True

    def add(self, targets: Any, outputs: Any, weights: Any, batches: Iterable[Any]) -> None:
        """Count a part, of which these are the rows of batches."""
        if self.place is not None:
            targets, outputs = targets[self.place], outputs[self.place]
            weights = None if weights is None else weights[self.place]
        given = (targets, outputs, *((weights,) if self.weighted and weights is not None else ()))
        try:
            for rows in batches if self.metric.by_batch else (slice(None),):
                self.metric.update_state(*(take_rows(one, rows) for one in given))
        except ValueError:
            if all(np.isfinite(one).all() for one in each(outputs)):
                raise
            self.finite = False

    def result(self) -> float:
        """The metric of all parts; NaN where outputs were not finite."""
        return float(self.metric.result()) if self.finite else math.nan


def values_of(
    metrics: list[Metric], targets: Any, outputs: Any, weights: Any, batches: Iterable[Any]
) -> dict[str, float]:
    """Each metric by its name; those that weigh samples by these weights, a list of them for several outputs.

    ``batches`` are the rows of each, for metrics that judge batch by batch.
    """
    found = {}
    for metric in metrics:
        running = RunningMetric(metric)
        if running.metric.by_batch:
            running.add(targets, outputs, weights, batches)
            found[metric.name] = running.result()
            continue
        given: tuple[Any, ...] = ()
        if weights is not None and is_weighted(metric):
            given = (weights[metric.place] if isinstance(metric, MetricOfOutput) else weights,)
        found[metric.name] = float(metric.compute(targets, outputs, *given))
    return found
