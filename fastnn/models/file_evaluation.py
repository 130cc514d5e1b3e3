"""Evaluation of rows in files, a window at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

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

__all__ = ["FileEvaluation"]


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
        evaluation: Evaluation | None = None
        for window in parts:
            samples = read_window(self.model, self.data, window, self.data.names)
            inputs, targets = samples.inputs, samples.targets
            if evaluation is None:
                evaluation = Evaluation(self.model, samples, self.batch_size, keep_index=False)
            else:
                evaluation.take(samples)
            try:
                value = evaluation.training.run_epoch()
            except NonFiniteDataError as failure:
                raise bad_row(self.model, self.data, window, inputs, targets, failure.sample) from None
            except NonFiniteError:
                return running.failed()
            by_output = evaluation.training.losses_of_outputs
            rows = BatchRows.of_size(self.batch_size, samples.count)
            running.add(targets, evaluation.outputs, samples.weights, value, by_output, rows)
        return running.logs()

    def _batches(self, parts: Iterator[Window]) -> Iterator[Samples]:
        for window in parts:
            samples = read_window(self.model, self.data, window, self.data.names)
            for start in range(0, samples.count, self.batch_size):
                yield samples.taken(slice(start, start + self.batch_size))
