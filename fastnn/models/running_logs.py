"""Loss and metrics of data that come part by part, without all outputs in memory where metrics are means."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from fastnn.models.compiled import CompiledModel
from fastnn.models.compiling import loss_logs
from fastnn.models.metric_values import RunningMetric
from fastnn.models.several import count_rows

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
        self._metrics = [RunningMetric(metric) for metric in model.metrics]

    def add(
        self,
        targets: Any,
        outputs: Any,
        weights: Any,
        loss: float,
        by_output: list[float],
        batches: Iterable[Any] = (slice(None),),
    ) -> None:
        """Count a part: its targets, outputs (None without metrics) and weights, and means over its samples.

        ``batches`` are the rows of each batch; by default the part is one.
        """
        count = count_rows(targets)
        self.count, self.total = self.count + count, self.total + loss * count
        self._by_output += np.array(by_output) * count
        if self._metrics and outputs is None:
            raise RuntimeError("the model has other metrics than when it was compiled: call compile(metrics=...)")
        for metric in self._metrics:
            metric.add(targets, outputs, weights, batches)

    def failed(self) -> dict[str, float]:
        """What is told of data of which the loss is not finite."""
        names = [*self.model.loss_names, *(metric.name for metric in self._metrics)]
        return dict.fromkeys(names, math.nan)

    def logs(self) -> dict[str, float]:
        """Loss and metrics by name."""
        logs = loss_logs(self.model.output_names, self.total / self.count, (self._by_output / self.count).tolist())
        return logs | {metric.name: metric.result() for metric in self._metrics}
