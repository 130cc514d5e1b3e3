"""Loss and metrics of data that come part by part, without all outputs in memory where metrics are means."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np

from fastnn.metrics.base import Metric
from fastnn.models.compiled import CompiledModel
from fastnn.models.compiling import loss_logs
from fastnn.models.per_output import MetricOfOutput
from fastnn.models.several import count_rows, each
from fastnn.models.weighted_metrics import WeightedMetric

__all__ = ["RunningLogs"]


class RunningLogs:
    """What `joined_logs` gives of all parts, to rounding.

    A metric that is no mean, such as the area under a curve, keeps targets and outputs until the end.

    Parameters
    ----------
    model : CompiledModel
    """

    def __init__(self, model: CompiledModel) -> None:
        self.model = model
        self.count, self.total = 0, 0.0
        self._by_output = np.zeros(len(model.output_names))
        self._metrics = [_RunningMetric(metric) for metric in model.metrics]

    def add(self, targets: Any, outputs: Any, weights: Any, loss: float, by_output: list[float]) -> None:
        """Count a part: its targets, outputs (None without metrics) and weights, and means over its samples."""
        count = count_rows(targets)
        self.count, self.total = self.count + count, self.total + loss * count
        self._by_output += np.array(by_output) * count
        if self._metrics and outputs is None:
            raise RuntimeError("the model has other metrics than when it was compiled: call compile(metrics=...)")
        for metric in self._metrics:
            metric.add(targets, outputs, weights)

    def failed(self) -> dict[str, float]:
        """What is told of data of which the loss is not finite."""
        names = [*self.model.loss_names, *(metric.name for metric in self._metrics)]
        return dict.fromkeys(names, math.nan)

    def logs(self) -> dict[str, float]:
        """Loss and metrics by name."""
        logs = loss_logs(self.model.output_names, self.total / self.count, (self._by_output / self.count).tolist())
        return logs | {metric.name: metric.result() for metric in self._metrics}


class _RunningMetric:
    """A metric of a model with a state of its own; the user's object keeps the state that it has."""

    def __init__(self, metric: Metric) -> None:
        self.name = metric.name
        self.place = metric.place if isinstance(metric, MetricOfOutput) else None
        inner = metric.metric if isinstance(metric, MetricOfOutput) else metric
        self.weighted = isinstance(inner, WeightedMetric)
        self.metric = copy.copy(inner.metric if isinstance(inner, WeightedMetric) else inner)
        self.metric.reset_state()
        self.finite = True

    def add(self, targets: Any, outputs: Any, weights: Any) -> None:
        if self.place is not None:
            targets, outputs = targets[self.place], outputs[self.place]
            weights = None if weights is None else weights[self.place]
        try:
            self.metric.update_state(targets, outputs, *((weights,) if self.weighted and weights is not None else ()))
        except ValueError:
            if all(np.isfinite(one).all() for one in each(outputs)):
                raise
            self.finite = False

    def result(self) -> float:
        return float(self.metric.result()) if self.finite else math.nan
