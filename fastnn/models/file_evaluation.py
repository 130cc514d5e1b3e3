"""Evaluation of rows in files, a window at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from fastnn.callbacks.base import CallbackList
from fastnn.data.names import Names
from fastnn.data.out_of_core.file_data import FileData
from fastnn.data.out_of_core.windows import Window, Windows, largest_batch
from fastnn.models.batch_rows import BatchRows
from fastnn.models.compiled import CompiledModel
from fastnn.models.evaluation import EVALUATED_TOGETHER, Evaluation, of_batches, told_of_evaluation
from fastnn.models.file_rows import bad_row, bytes_elsewhere, check_files, in_order, read_window
from fastnn.models.inputs import Samples
from fastnn.models.running_logs import RunningLogs
from fastnn_ext.engine.plan import NonFiniteDataError
from fastnn_ext.engine.training import NonFiniteError

__all__ = ["FileEvaluation", "Judged"]


class Judged(NamedTuple):
    """Rows with the model's outputs, None without metrics, and means over them of the losses."""

    targets: Any
    outputs: Any
    weights: Any
    loss: float
    by_output: list[float]


class FileEvaluation:
    """Rows in files, evaluated any number of times, such as after each epoch.

    Parameters
    ----------
    model : CompiledModel
    data : FileData
    batch_size : int or None
        None for as many as are fast and have room.
    names : tuple of str, optional
        Of the columns by which the files go where the model knows none itself.

    Raises
    ------
    ValueError
        Where the files do not fit the model.
    """

    def __init__(
        self, model: CompiledModel, data: FileData, batch_size: int | None, names: Names | None = None
    ) -> None:
        model.needs_compile()
        self.model = model
        self.data = in_order(data, model.feature_names or names, "x of the files")
        check_files(model, self.data)
        more = bytes_elsewhere(model, self.data)
        if batch_size is None:
            batch_size = max(1, min(EVALUATED_TOGETHER, largest_batch(self.data, more)))
        self.batch_size = min(batch_size, data.count)
        self.windows = Windows(self.data, self.batch_size, more)
        self.evaluation: Evaluation | None = None

    def run(self, read_anew: bool = False, watchers: CallbackList | None = None) -> dict[str, float]:
        """Loss and metrics by name, batch by batch where somebody watches batches. All are read anew in any case."""
        with told_of_evaluation(watchers) as told:
            running = RunningLogs(self.model)
            with contextlib.closing(self.windows.epoch()) as parts:
                if watchers is not None and watchers.watches_test_batches:
                    told |= of_batches(self.model, self._batches(parts), watchers, "the files", running)
                else:
                    told |= self._of_windows(parts, running)
        return told

    def _of_windows(self, parts: Iterator[Window], running: RunningLogs) -> dict[str, float]:
        for window in parts:
            try:
                judged = self.judged(window)
            except NonFiniteError:
                return running.failed()
            rows = BatchRows.of_size(self.batch_size, window.size)
            running.add(judged.targets, judged.outputs, judged.weights, judged.loss, judged.by_output, rows)
        return running.logs()

    def judged(self, window: Window) -> Judged:
        """What a window's rows say.

        Raises
        ------
        NonFiniteError
            Where the loss is not finite.
        ValueError
            Where a row is bad; the message names it.
        """
        samples = read_window(self.model, self.data, window, self.data.names)
        inputs, targets = samples.inputs, samples.targets
        if self.evaluation is None:
            self.evaluation = Evaluation(self.model, samples, self.batch_size, keep_index=False)
        else:
            self.evaluation.take(samples)
        training = self.evaluation.training
        try:
            loss = training.run_epoch()
        except NonFiniteDataError as failure:
            raise bad_row(self.model, self.data, window, inputs, targets, failure.sample) from None
        return Judged(targets, self.evaluation.outputs, samples.weights, loss, training.losses_of_outputs)

    def _batches(self, parts: Iterator[Window]) -> Iterator[Samples]:
        for window in parts:
            samples = read_window(self.model, self.data, window, self.data.names)
            for start in range(0, samples.count, self.batch_size):
                yield samples.taken(slice(start, start + self.batch_size))
