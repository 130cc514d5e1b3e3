"""The evaluation of rows in files that ranks share: each judges its part of every window, or files of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastnn.callbacks.base import CallbackList
from fastnn.data.out_of_core.windows import Window
from fastnn.distributed.file_shards import SharedRanges
from fastnn.distributed.gathering import add_parts
from fastnn.distributed.ranks import Ranks
from fastnn.models.batch_rows import BatchRows
from fastnn.models.compiling import loss_logs
from fastnn.models.evaluation import told_of_evaluation
from fastnn.models.file_evaluation import FileEvaluation, Judged
from fastnn.models.file_rows import bytes_elsewhere
from fastnn.models.running_logs import RunningLogs
from fastnn_ext.engine.training import NonFiniteError

__all__ = ["DividedFileEvaluation"]


class DividedFileEvaluation:
    """An evaluation whose values are those of all ranks' rows.

    Parameters
    ----------
    given : FileEvaluation
        Of all rows, or with ``own`` of this rank's.
    ranks : Ranks
    own : bool
        Whether each rank has files of its own.
    """

    def __init__(self, given: FileEvaluation, ranks: Ranks, own: bool) -> None:
        self.given, self.ranks, self.own, self.windows = given, ranks, own, given.windows
        if not own:
            more = bytes_elsewhere(given.model, given.data)
            self.windows = SharedRanges(given.data, given.batch_size, more, ranks.rank, ranks.size)
        # Of its own files a rank may have more windows than others.
        self.rounds = max(ranks.exchange(sum(1 for _ in self.windows.portions(None))))

    def run(self, read_anew: bool = False, watchers: CallbackList | None = None) -> dict[str, float]:
        """Loss and metrics by name. All are read anew in any case."""
        watched = any(self.ranks.exchange(watchers is not None and watchers.watches_test_batches))
        if watched and self.own:
            raise ValueError(
                "callbacks with hooks for batches of an evaluation need data='shared': each rank has batches of its own"
            )
        if watched:
            # All do all of it.
            return self.ranks.first(self.given.run(read_anew, watchers))
        with told_of_evaluation(watchers) as told, contextlib.closing(self.windows.epoch()) as parts:
            told |= self._judged(parts)
        return told

    def _judged(self, parts: Iterator[Window]) -> dict[str, float]:
        model, running = self.given.model, RunningLogs(self.given.model)
        sums = np.zeros(len(model.output_names) + 2)
        for _ in range(self.rounds):
            judged = self._judge(next(parts, None), sums)
            if not model.metrics:
                continue
            told = self.ranks.gather(None if judged is None else tuple(judged[:3]))
            if told is not None:
                self._count(running, [one for one in told if one is not None])
        rows, loss, *by_output = self.ranks.total(sums).tolist()
        if not np.isfinite(loss):
            return running.failed()
        logs: dict[str, float] = loss_logs(model.output_names, loss / rows, [one / rows for one in by_output])
        if not model.metrics:
            return logs
        return self.ranks.first(running.logs() | logs if self.ranks.rank == 0 else None)

    def _judge(self, window: Window | None, sums: Any) -> Judged | None:
        """What a window says, of which the losses are added up; None where it has no row of this rank."""
        if window is None or not window.size or not np.isfinite(sums[1]):
            return None
        try:
            judged = self.given.judged(window)
        except NonFiniteError:
            sums[1] = np.nan
            return None
        sums += np.array([1, judged.loss, *judged.by_output]) * window.size
        return judged

    def _count(self, running: RunningLogs, parts: list[tuple[Any, Any, Any]]) -> None:
        rows = sum(len(targets) for targets, _, _ in parts)
        add_parts(running, parts, BatchRows.of_size(self.given.batch_size, rows))
