"""Metrics of more rows than fit into memory: what ranks have recorded is gathered and counted every few steps."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from fastnn.distributed.ranks import Ranks
from fastnn.distributed.steps import Sums
from fastnn.models.batch_rows import BatchRows
from fastnn.models.compiled import CompiledModel
from fastnn.models.compiling import loss_logs
from fastnn.models.running_logs import RunningLogs
from fastnn.models.several import count_rows, join_rows

__all__ = ["GatheredRows", "add_parts"]

# Rows of all ranks that are on record at once: a message for each so many costs next to nothing.
_ROWS = 1 << 14


class GatheredRows:
    """What the rows of an epoch say.

    Parameters
    ----------
    model : CompiledModel
    ranks : Ranks
    batch_size : int
    """

    def __init__(self, model: CompiledModel, ranks: Ranks, batch_size: int) -> None:
        self.model, self.ranks = model, ranks
        self.every = max(1, _ROWS // batch_size)
        self.begin()

    def begin(self) -> None:
        """Forget the epoch before."""
        self.running = RunningLogs(self.model)

    def after_step(self, number: int, sums: Sums) -> None:
        """All ranks have taken the step of this number."""
        if self.model.metrics and (number + 1) % self.every == 0:
            self._gather(sums)

    def logs(self, sums: Sums) -> dict[str, float]:
        """Loss and metrics by name, known to all ranks."""
        loss, *by_output = (np.array([sums.loss, *self.ranks.total(sums.by_output)]) / sums.rows).tolist()
        logs = loss_logs(self.model.output_names, loss, by_output)
        if not self.model.metrics:
            return logs
        self._gather(sums)
        return self.ranks.first(self.running.logs() | logs if self.ranks.rank == 0 else None)

    def _gather(self, sums: Sums) -> None:
        parts = self.ranks.gather(list(zip(sums.steps, sums.seen, strict=True)))
        sums.steps, sums.seen = [], []
        if parts is None:
            return
        # The rows of a step, of whichever rank, are a batch.
        rows: Counter[int] = Counter()
        recorded = sorted((one for part in parts for one in part), key=lambda one: one[0])
        for step, batch in recorded:
            rows[step] += count_rows(batch[0])
        add_parts(self.running, [batch for _, batch in recorded], BatchRows.of_counts(rows.values()))


def add_parts(running: RunningLogs, parts: list[tuple[Any, Any, Any]], batches: BatchRows) -> None:
    """Count targets, outputs and weights of several parts, but not their losses."""
    if parts:
        targets, outputs, weights = zip(*parts, strict=True)
        weighed = None if weights[0] is None else np.concatenate(weights)
        no_losses = [0.0] * len(running.model.output_names)
        running.add(join_rows(targets), join_rows(outputs), weighed, 0.0, no_losses, batches)
