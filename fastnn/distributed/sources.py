"""Sources of batches that ranks share: arrays, and iterables of which each rank has its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.callbacks.base import CallbackList
from fastnn.distributed.local_steps import LocalSteps
from fastnn.distributed.ranks import Ranks
from fastnn.distributed.shards import Shards
from fastnn.distributed.steps import Steps, Sums
from fastnn.models.batch_rows import BatchRows
from fastnn.models.batches import Batches
from fastnn.models.compiled import CompiledModel
from fastnn.models.evaluation import joined_logs
from fastnn.models.inputs import Samples, read_batch
from fastnn.models.leaves import leaf_layers, moving_layers
from fastnn.models.several import count_rows, take_rows
from fastnn.models.sources import ArrayOptions, Progress, Source, engine_fields
from fastnn.optimizers.state import OptimizerState

__all__ = ["Divided", "DividedArrays", "DividedBatches", "Item"]

# A rank's part of a batch, or None, the places of its rows in it, and how many rows it has in all ranks, or None.
Item = tuple[tuple[Any, Any, Any] | None, NDArray[np.intp], int | None]

_NO_PLACES = np.empty(0, np.intp)

# Of batches that come from each rank's own iterable, nobody knows how many rows the others' have before they are
# there: the places of a rank's rows begin so far apart.
_ROWS_OF_A_RANK = 1 << 24


class Divided(Source):
    """What both have: steps that ranks take together, and what an epoch has come to."""

    def __init__(self, model: CompiledModel, ranks: Ranks, augmentation: Any, local_steps: int = 1) -> None:
        self.model, self.ranks, self.augmentation, self.local_steps = model, ranks, augmentation, local_steps
        self.stepping: Steps | None = None
        # Whether a callback of any rank watches batches.
        self.watched: bool | None = None

    def make_steps(self, data: Samples | None = None) -> Steps:
        """Once the model's state is that of all ranks."""
        fields, function = engine_fields(self.model, self.augmentation)
        if function is not None:
            raise ValueError(
                "an augmentation in Python draws from model.rng, which all ranks must draw from alike: pass an "
                "ImageAugmentation, or batches that are augmented already"
            )
        if self.local_steps > 1:
            return LocalSteps(self.model, self.ranks, self.local_steps, fields, data)
        return Steps(self.model, self.ranks, fields, data)

    def run(
        self, items: Iterator[Item], epoch: int, progress: Progress | None, watchers: CallbackList
    ) -> dict[str, float] | None:
        """An epoch; None if there were no batches, or a callback stopped training on a failure."""
        model, sums = self.model, Sums(len(self.model.output_names))
        if self.stepping is None:
            self.stepping = self.make_steps()
        if self.watched is None:
            self.watched = any(self.ranks.exchange(watchers.watches_batches))
            if self.watched and self.local_steps > 1:
                raise ValueError(
                    "callbacks that watch batches need local_steps=1: with more, each rank has steps of its own"
                )
        self.stepping.begin()
        for number, (part, places, all_rows) in enumerate(items):
            if self.watched:
                watchers.on_train_batch_begin(number)
            try:
                value = self.stepping.step(part, places, all_rows, f"epoch {epoch + 1}, batch {number + 1}", sums)
            except FloatingPointError as error:
                self.stepping.take_back()
                if not watchers.on_failure(error):
                    raise
                model.stop_training = True
                return None
            except ValueError:
                self.take_back()
                raise
            if value is None:
                # All ranks' batches have come to an end.
                break
            if self.watched:
                watchers.on_train_batch_end(number, {"loss": value})
            self.after_step(number, sums)
            if progress is not None:
                progress(sums.rows, sums.loss)
            if self.watched and any(self.ranks.exchange(model.stop_training)):
                break
        self.stepping.finish(sums)
        if sums.rows == 0:
            return None
        self._average_statistics(sums.own_rows / sums.rows)
        return self.logs(sums)

    def take_back(self) -> None:
        """Bad data have come up in an epoch: by default, what was learned from those before them stays."""

    def after_step(self, number: int, sums: Sums) -> None:
        """All ranks have taken a step; by default what they have on record stays until the epoch ends."""

    def keep(self) -> None:
        """Remember weights and random numbers."""
        self.before = self.model.rng.bit_generator.state, [array.copy() for array in self._arrays()]

    def restore(self) -> None:
        """Let the same training begin anew when the data are mended, but for the optimiser's state."""
        self.model.rng.bit_generator.state = self.before[0]
        for array, before in zip(self._arrays(), self.before[1], strict=True):
            array[...] = before
        self.model._keep(optimizer_state=OptimizerState())

    def _arrays(self) -> list[NDArray[Any]]:
        return [array for layer in leaf_layers(self.model.layers) for array in layer.arrays.values()]

    def _average_statistics(self, share: float) -> None:
        """Make the moving statistics of all ranks one, by the share of rows that each has seen."""
        for layer in moving_layers(leaf_layers(self.model.layers), self.model.frozen_layers):
            for variable in layer.variables():
                if not variable.trainable:
                    array = layer.arrays[variable.name]
                    array[...] = self.ranks.total(array.astype(np.float64) * share)

    def logs(self, sums: Sums) -> dict[str, float]:
        """Loss and metrics of an epoch."""
        by_output = self.ranks.total(sums.by_output)
        means = np.array([sums.loss, *by_output]) / sums.rows
        if not self.model.metrics:
            return joined_logs(self.model, means, [])
        parts = self.ranks.gather(list(zip(sums.steps, sums.seen, strict=True)))
        logs = None
        if parts is not None:
            # The rows of a step, of whichever rank, are a batch.
            rows: Counter[int] = Counter()
            joined = sorted((one for part in parts for one in part), key=lambda one: one[0])
            for step, batch in joined:
                rows[step] += count_rows(batch[0])
            batches = BatchRows.of_counts(rows.values())
            logs = joined_logs(self.model, means, [batch for _, batch in joined], batches)
        return self.ranks.first(logs)


class DividedArrays(Divided):
    """Arrays: the rows of a batch are divided among the ranks."""

    def __init__(
        self,
        model: CompiledModel,
        ranks: Ranks,
        data: Samples,
        shards: Shards,
        options: ArrayOptions,
        local_steps: int,
    ) -> None:
        super().__init__(model, ranks, options.augmentation, local_steps)
        self.data, self.shards, self.shuffle = (data.inputs, data.targets, data.weights), shards, options.shuffle
        self.samples, self.steps = shards.samples, shards.steps
        # At once: data that do not fit are told of before the first step.
        self.stepping = self.make_steps(data)
        self.stepping.reserve(*(take_rows(one, slice(max(1, shards.most_rows))) for one in self.data))

    def run_epoch(self, epoch: int, progress: Progress | None, watchers: CallbackList) -> dict[str, float] | None:
        self.keep()
        return self.run(self._items(), epoch, progress, watchers)

    def take_back(self) -> None:
        self.restore()

    def _items(self) -> Iterator[Item]:
        for part in self.shards.parts(self.model.rng if self.shuffle else None):
            if len(part.rows) == 0:
                yield None, part.places, part.all_rows
                continue
            inputs, targets, weights = (take_rows(one, part.rows) for one in self.data)
            yield (inputs, targets, weights), part.places, part.all_rows


class DividedBatches(Divided):
    """Iterables: a step is by the batches of all ranks together, which need not be as many."""

    def __init__(
        self, model: CompiledModel, ranks: Ranks, batches: Batches, steps: int | None, augmentation: Any
    ) -> None:
        super().__init__(model, ranks, augmentation)
        self.batches, self.wanted = batches, steps
        self.steps = batches.length if steps is None else steps

    def run_epoch(self, epoch: int, progress: Progress | None, watchers: CallbackList) -> dict[str, float] | None:
        self.batches.tell("on_epoch_begin")
        logs = self.run(self._items(), epoch, progress, watchers)
        self.batches.tell("on_epoch_end")
        return logs

    def _items(self) -> Iterator[Item]:
        first = self.ranks.rank * _ROWS_OF_A_RANK
        for item in self.batches.epoch(self.wanted):
            batch = read_batch(self.model, item, self.names)
            self.names = self.model.feature_names = batch.names
            yield (batch.inputs, batch.targets, batch.weights), first + np.arange(count_rows(batch.inputs)), None
        # Others may have more.
        while True:
            yield None, _NO_PLACES, None
