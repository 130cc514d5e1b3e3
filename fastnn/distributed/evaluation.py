"""The evaluation of data that ranks share: each judges its rows, and all learn what all rows say."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.callbacks.base import CallbackList
from fastnn.distributed.ranks import Ranks
from fastnn.distributed.shards import share_of
from fastnn.models.batch_rows import BatchRows
from fastnn.models.evaluation import BatchEvaluation, Evaluation, joined_logs, told_of_evaluation

__all__ = ["DividedEvaluation"]


class DividedEvaluation:
    """An evaluation whose values are those of all ranks' rows.

    Parameters
    ----------
    given : Evaluation or BatchEvaluation
        Of all rows, or with ``own`` of this rank's.
    ranks : Ranks
    own : bool
        Whether each rank has rows of its own.

    Raises
    ------
    ValueError
        For batches of an iterable of each rank's own.
    """

    def __init__(self, given: Evaluation | BatchEvaluation, ranks: Ranks, own: bool) -> None:
        self.ranks, self.own, self.given = ranks, own, given
        self.part: Evaluation | None = None
        if isinstance(given, BatchEvaluation):
            if own:
                raise ValueError(
                    "validation_data of each rank's own must be arrays: pass (x, y), or with data='shared' batches "
                    "that are the same in all ranks"
                )
            return
        share = share_of(given.samples.count, ranks.rank, ranks.size)
        if own:
            self.part = given
        elif share.stop > share.start:
            self.part = Evaluation(given.model, given.samples.taken(share), given.batch_size)

    def run(self, read_anew: bool = False, watchers: CallbackList | None = None) -> dict[str, float]:
        """Loss and metrics by name."""
        watched = any(self.ranks.exchange(watchers is not None and watchers.watches_test_batches))
        if isinstance(self.given, BatchEvaluation) or (watched and not self.own):
            # All do all of it.
            return self.ranks.first(self.given.run(read_anew, watchers))
        if watched:
            raise ValueError(
                "callbacks with hooks for batches of an evaluation need data='shared': each rank has batches of its own"
            )
        with told_of_evaluation(watchers) as told:
            told |= self._judged(self.given, read_anew)
        return told

    def _judged(self, given: Evaluation, read_anew: bool) -> dict[str, float]:
        model = given.model
        sums = np.zeros(len(model.output_names) + 2)
        seen: list[tuple[Any, Any, Any]] = []
        part = self.part
        if part is not None:
            loss, count = part.loss(read_anew), part.samples.count
            sums[:] = 1, loss, *part.training.losses_of_outputs
            sums *= count
            if part.training.outputs is not None:
                seen = [(part.targets, part.training.outputs, part.samples.weights)]
        rows, *totals = self.ranks.total(sums)
        means = np.array(totals) / rows
        if not model.metrics:
            return joined_logs(model, means, [])
        parts = self.ranks.gather(seen)
        batches = BatchRows.of_size(given.batch_size, int(rows))
        logs = None if parts is None else joined_logs(model, means, [one for part in parts for one in part], batches)
        return self.ranks.first(logs)
