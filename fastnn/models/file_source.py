"""Training on rows in files: an epoch is a call of the engine for each window, while the next window is read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from fastnn.callbacks.base import CallbackList
from fastnn.data.out_of_core.file_data import FileData
from fastnn.data.out_of_core.windows import Window, Windows
from fastnn.models.batch_rows import BatchRows
from fastnn.models.compiled import CompiledModel
from fastnn.models.file_rows import bad_row, bytes_elsewhere, check_files, first_refused, read_window
from fastnn.models.inputs import Samples
from fastnn.models.running_logs import RunningLogs
from fastnn.models.several import take_rows
from fastnn.models.sources import ArrayOptions, Batch, Progress, Source, augmented, engine_fields, run_batches
from fastnn.models.training import make_training, raise_or_stop
from fastnn_ext.engine.plan import NonFiniteDataError
from fastnn_ext.engine.training import NonFiniteError, NonFiniteWeightsError, Training

__all__ = ["FileSource"]


class FileSource(Source):
    """Rows in files; batches that are watched or augmented in Python go through it one by one.

    Parameters
    ----------
    model : CompiledModel
    data : FileData
    options : ArrayOptions

    Raises
    ------
    ValueError
        Where the files do not fit the model, or memory has no room for a batch.
    """

    samples: int
    steps: int

    def __init__(self, model: CompiledModel, data: FileData, options: ArrayOptions) -> None:
        self.model, self.data, self.shuffle = model, data, options.shuffle
        self.names = model.feature_names or data.names
        check_files(model, data)
        self.samples = data.count
        self.batch_size = min(options.batch_size, self.samples)
        self.steps = -(-self.samples // self.batch_size)
        self.fields, self.function = engine_fields(model, options.augmentation)
        self.by_batch = options.by_batch or self.function is not None
        self.windows = Windows(data, self.batch_size, bytes_elsewhere(model, data))

    def run_epoch(self, epoch: int, progress: Progress | None, watchers: CallbackList) -> dict[str, float] | None:
        rng, running = self.model.rng, RunningLogs(self.model)
        drawn_before = rng.bit_generator.state
        order = rng if self.shuffle else None
        try:
            with contextlib.closing(self.windows.epoch(order)) as parts:
                if self.by_batch:
                    return run_batches(self, self._batches(parts), epoch, progress, watchers, running)
                for window in parts:
                    if not self._run(window, running, epoch, progress, watchers):
                        return None
        except (ValueError, OSError):
            # Nothing was learned from what was drawn.
            if running.count == 0:
                rng.bit_generator.state = drawn_before
            raise
        return running.logs()

    def _run(
        self, window: Window, running: RunningLogs, epoch: int, progress: Progress | None, watchers: CallbackList
    ) -> bool:
        """Train on a window; return whether the epoch goes on."""
        samples = read_window(self.model, self.data, window, self.names)
        training = self._take(samples)
        done, total, batches = running.count, running.total, running.count // self.batch_size
        self.rates_at(training, -(-samples.count // self.batch_size))

        def show(rows: int, loss: float) -> None:
            assert progress is not None
            progress(done + rows, total + loss)

        order = self.model.rng.permutation(samples.count) if self.shuffle else None
        try:
            value = training.run_epoch(order, None if progress is None else show, self.windows.reading)
        except NonFiniteDataError as failure:
            raise bad_row(self.model, self.data, window, samples.inputs, samples.targets, failure.sample) from None
        except (NonFiniteError, NonFiniteWeightsError) as failure:
            last = failure.batch + 1 if isinstance(failure, NonFiniteError) else -(-samples.count // self.batch_size)
            where, before = f"epoch {epoch + 1}, batch {batches + last}", f"batch {batches + 1}"
            raise_or_stop(self.model, failure, where, training.learning_rate, watchers, before=before)
            return False
        outputs = take_rows(training.outputs, slice(samples.count))
        rows = BatchRows.of_size(self.batch_size, samples.count, order)
        running.add(samples.targets, outputs, samples.weights, value, training.losses_of_outputs, rows)
        return True

    def _take(self, samples: Samples) -> Training:
        if self.training is None:
            self.training = make_training(
                self.model,
                samples.inputs,
                samples.targets,
                self.batch_size,
                samples.weights,
                augmentation=self.fields,
            )
        else:
            self.training.take_data(samples.inputs, samples.targets, samples.weights)
        return self.training

    def _batches(self, parts: Iterator[Window]) -> Iterator[Batch]:
        for window in parts:
            samples = read_window(self.model, self.data, window, self.names)
            refused = first_refused(self.model, samples)
            if refused is not None:
                raise bad_row(self.model, self.data, window, samples.inputs, samples.targets, refused)
            self._take(samples)
            order: Any = self.model.rng.permutation(samples.count) if self.shuffle else None
            for start in range(0, samples.count, self.batch_size):
                rows = slice(start, start + self.batch_size)
                chosen = rows if order is None else order[rows]
                x = take_rows(samples.inputs, chosen)
                if self.function is not None:
                    x = augmented(self.model, self.function, x)
                yield x, take_rows(samples.targets, chosen), take_rows(samples.weights, chosen)
