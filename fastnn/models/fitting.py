"""The function behind ``fit``: epochs of an engine training, with validation, callbacks, history and progress.

An epoch of arrays is one call of the engine. Where Python is needed for each batch (a callback, an augmentation in
Python, batches from an iterable), the epoch is a loop over batches with the same kernels.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from fastnn.callbacks.base import CallbackList
from fastnn.callbacks.history import History
from fastnn.checking.scalars import whole_number, whole_number_or_none
from fastnn.data.names import Names, column_names
from fastnn.data.out_of_core.file_data import FileData
from fastnn.models.arguments import (
    kept_for_validation,
    refuse_for_batches,
    validates_after,
    validation_frequency,
    validation_of,
)
from fastnn.models.batches import BATCH_SIZE, batches_of, check_kind, gives_batches
from fastnn.models.compiled import CompiledModel
from fastnn.models.evaluation import Evaluation
from fastnn.models.file_evaluation import FileEvaluation
from fastnn.models.file_rows import in_order, refuse_beside_files
from fastnn.models.full_batch import minimize
from fastnn.models.inputs import Samples, read_samples
from fastnn.models.reporting import Reporting, verbosity_of
from fastnn.models.resuming import Resumption, resumption_of, take_up
from fastnn.models.several import is_named, take_rows
from fastnn.models.sources import ArrayOptions, Source
from fastnn.models.strategy import Strategy, strategy_of
from fastnn.models.targets import class_weights
from fastnn.optimizers.lbfgs import LBFGS

__all__ = ["fit"]


def fit(model: Any, x: Any, y: Any, callbacks: Iterable[Any] | None, *, distributed: Any, **arguments: Any) -> History:
    """Train a model; see `BaseModel.fit`."""
    strategy = strategy_of(distributed)
    with strategy.together():
        return _fit(model, x, y, strategy, strategy.watchers(callbacks, model), **arguments)


def _fit(
    model: CompiledModel,
    x: Any,
    y: Any,
    strategy: Strategy,
    watchers: CallbackList,
    *,
    batch_size: int | None,
    epochs: int,
    verbose: str | int | bool,
    validation_split: float,
    validation_data: tuple[Any, ...] | None,
    shuffle: bool,
    class_weight: dict[int, float] | None,
    sample_weight: Any,
    initial_epoch: int,
    steps_per_epoch: int | None,
    validation_steps: int | None,
    validation_batch_size: int | None,
    validation_freq: Any,
    augmentation: Any,
) -> History:
    epochs = whole_number(epochs, "epochs", at_least=0)
    initial_epoch = whole_number(initial_epoch, "initial_epoch", at_least=0)
    initial_epoch = max(initial_epoch, watchers.restored_epochs() or 0)
    frequency = validation_frequency(validation_freq)
    batch_size = whole_number_or_none(batch_size, "batch_size", at_least=1)
    validation_batch_size = whole_number_or_none(validation_batch_size, "validation_batch_size", at_least=1)
    steps_per_epoch = whole_number_or_none(steps_per_epoch, "steps_per_epoch", at_least=1)
    validation_steps = whole_number_or_none(validation_steps, "validation_steps", at_least=1)
    verbosity = strategy.verbosity(verbosity_of(verbose))

    source: Source | None = None
    data: Samples | None = None
    files: FileData | None = None
    if isinstance(x, FileData):
        if isinstance(model.optimizer, LBFGS):
            raise ValueError("LBFGS looks at all samples in every step: pass arrays, or choose another optimizer")
        refuse_beside_files(
            y=y, sample_weight=sample_weight, class_weight=class_weight, steps_per_epoch=steps_per_epoch
        )
        files = in_order(x, model.feature_names, "x of the files")
        names = model.feature_names or files.names
        if validation_batch_size is None:
            validation_batch_size = batch_size if isinstance(validation_data, tuple | list | FileData) else None
        validation = validation_of(model, validation_data, validation_batch_size, validation_steps, names)
        kept = 0 if validation else kept_for_validation(validation_split, files.count, ())
        if kept:
            files, held_out_files = files.split(files.count - kept)
            validation = FileEvaluation(model, held_out_files, validation_batch_size or batch_size or BATCH_SIZE)
    elif y is None and gives_batches(x):
        refuse_for_batches(model, validation_split, class_weight, sample_weight)
        batches = batches_of(
            x,
            "x",
            batch_size=batch_size,
            shuffle=shuffle,
            rng=model.rng,
            steps=steps_per_epoch,
            argument="steps_per_epoch",
        )
        source = strategy.batch_source(model, batches, steps_per_epoch, augmentation)
        validation = validation_of(model, validation_data, validation_batch_size, validation_steps, None)
        # The order of columns is that of the data that are read first.
        if isinstance(validation, Evaluation) and len(model.input_names) == 1:
            source.names = column_names(validation_data[0], "the validation x")  # type: ignore[index]
        elif isinstance(validation, FileEvaluation):
            source.names = validation.data.names
        names = source.names
    else:
        if steps_per_epoch is not None:
            raise ValueError("steps_per_epoch is for batches from an iterable: an epoch of arrays is all samples")
        if y is None and not is_named(x, model.input_names, model.names_ends):
            check_kind(x, "x")
        data = read_samples(model, x, y, sample_weight)
        weights = class_weights(model, class_weight, data.targets, data.weights)
        names = data.names
        if validation_batch_size is None:
            # Of what has batches of its own, none is asked for.
            validation_batch_size = batch_size if isinstance(validation_data, tuple | list | FileData) else None
        validation = validation_of(model, validation_data, validation_batch_size, validation_steps, names)
        kept = 0 if validation else kept_for_validation(validation_split, data.count, data.inputs)
        if kept:
            data, held_out = data.split(data.count - kept)
            validation = Evaluation(model, held_out, validation_batch_size or batch_size or BATCH_SIZE).check()
        # Classes count in training alone: what validation says must not depend on how training is weighed.
        data = replace(data, weights=take_rows(weights, slice(data.count)))

    settings = {
        "epochs": epochs,
        "batch_size": batch_size,
        "shuffle": shuffle,
        "steps_per_epoch": steps_per_epoch,
        "validation": validation is not None and frequency,
        "augmentation": augmentation is not None,
    }
    initial_epoch = strategy.begin(model, data if files is None else files, initial_epoch, settings)
    if validation is not None:
        validation = strategy.evaluation(validation)
    options = ArrayOptions(
        batch_size=batch_size or BATCH_SIZE,
        shuffle=shuffle,
        several_epochs=epochs - initial_epoch > 1,
        by_batch=watchers.watches_batches,
        augmentation=augmentation,
    )
    if files is not None:
        source = strategy.file_source(model, files, options)
    elif data is not None and not isinstance(model.optimizer, LBFGS):
        source = strategy.array_source(model, data, options)
    elif data is not None and augmentation is not None:
        raise ValueError("LBFGS looks at the same samples in every step: leave the augmentation out")

    # A model from a file goes on with what its training had come to.
    resumption = model.resumption if model.resumable and initial_epoch > 0 else None
    history = History() if resumption is None or model.history is None else model.history.before(initial_epoch)
    history.params = {
        "epochs": epochs,
        "steps": source.steps if source is not None else 1,
        "verbose": verbosity,
        "validation_freq": frequency if validation is not None else 1,
    }
    samples = data.count if data is not None else None
    reporting = Reporting(verbosity, source.samples if source is not None else samples, initial_epoch, epochs)
    run = _Run(
        model, history, watchers, reporting, validation, frequency, initial_epoch, epochs, names, resumption, strategy
    )
    with run.started():
        if resumption is not None:
            run.resume(resumption)
            if model.stop_training:
                warnings.warn(
                    f"nothing is trained: the training that the model's file is of was over after epoch {run.epoch}, "
                    "as its callbacks say. To go on in spite of them, make them with other settings, or leave them out",
                    stacklevel=4,
                )
                return history
        if run.epoch >= epochs:
            return history
        watchers.on_epoch_begin(run.epoch)
        if source is not None:
            run.over(source)
        elif data is not None:
            minimize(model, data, epochs - initial_epoch, run.finish, watchers, strategy)
    return history


@dataclass
class _Run:
    """A running training: ``epoch`` is the current one."""

    model: CompiledModel
    history: History
    watchers: CallbackList
    reporting: Reporting
    validation: Any
    frequency: int | list[int]
    epoch: int
    epochs: int
    names: Names | None
    resumption: Resumption | None
    strategy: Strategy

    def __post_init__(self) -> None:
        self.first = self.epoch

    @contextlib.contextmanager
    def started(self) -> Iterator[None]:
        """Call ``on_train_begin`` and ``on_train_end``; the model is as before where nothing was learned in between."""
        model = self.model
        known, step = model.feature_names, model.optimizer_state.step
        before = (model.resumption, model.history) if model.resumable else None
        model.stop_training = False
        model.feature_names = known or self.names
        model.history = self.history
        if self.resumption is None:
            model.resumption, model.watchers = None, self.watchers
        try:
            self.watchers.on_train_begin()
            try:
                yield
            finally:
                self.watchers.on_train_end()
                self.reporting.close()
            model.resumption = resumption_of(self.watchers)
        except BaseException:
            # Who has not yet taken up what a file says leaves it there.
            if model.watchers is not None:
                model.resumption = resumption_of(self.watchers)
            if model.optimizer_state.step == step:
                # Nothing was learned: neither of these columns, nor of what a file says of a training.
                model.feature_names = known
                if before is not None:
                    (model.resumption, model.history), model.resumable = before, True
            raise

    def resume(self, resumption: Resumption) -> None:
        """Restore the callbacks' states, and tell those of the last epoch's end that had not heard of it."""
        untold = take_up(resumption, self.watchers)
        self.model.resumption, self.model.watchers = None, self.watchers
        if untold and resumption.epoch == self.epoch - 1:
            logs = dict(resumption.logs)
            self.watchers.on_epoch_end(resumption.epoch, logs, untold)

    def over(self, source: Source) -> None:
        """Train all epochs."""
        while True:
            logs = source.run_epoch(self.epoch, self.reporting.progress(self.epoch), self.watchers)
            # None: a callback has ended training where it would have failed, or there are no more batches.
            if logs is None:
                if self.epoch == self.first and not self.model.stop_training:
                    raise ValueError("x gave no batches: it must be an iterable of (x, y) or (x, y, sample_weight)")
                return
            if source.training is not None:
                self.history.threads.append(source.training.threads_used)
            if not self.finish(logs):
                return

    def finish(self, logs: dict[str, float]) -> bool:
        """Validate, and tell history, callbacks and progress bar. Return whether training goes on."""
        if self.validation is not None and validates_after(self.epoch, self.frequency):
            values = self.validation.run(self.watchers.may_change_data, self.watchers)
            logs |= {f"val_{name}": value for name, value in values.items()}
        # Before the callbacks, so that a model that one of them saves has this epoch; what they add is noted.
        self.history.add(self.epoch, logs)
        self.watchers.on_epoch_end(self.epoch, logs)
        self.reporting.epoch(self.epoch, logs)
        self.epoch += 1
        if self.strategy.stops(self.model) or self.epoch >= self.epochs:
            return False
        self.watchers.on_epoch_begin(self.epoch)
        return True
