"""Sources: where the batches of an epoch come from, and how an epoch of them is trained on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastnn.augmentation import ImageAugmentation
from fastnn.callbacks.base import CallbackList
from fastnn.checking.arrays import check_finite
from fastnn.data.names import Names
from fastnn.models.batch_rows import BatchRows
from fastnn.models.batches import Batches
from fastnn.models.compiled import CompiledModel
from fastnn.models.compiling import loss_logs
from fastnn.models.evaluation import joined_logs, metrics_of
from fastnn.models.inputs import Samples, explain, read_batch, read_inputs
from fastnn.models.running_logs import RunningLogs
from fastnn.models.several import count_rows, each, take_rows
from fastnn.models.training import make_training, raise_or_stop
from fastnn_ext.engine.compressed import CompressedRows
from fastnn_ext.engine.plan import NonFiniteDataError
from fastnn_ext.engine.training import NonFiniteError, NonFiniteWeightsError, Training

__all__ = [
    "ArrayOptions",
    "ArraySource",
    "Batch",
    "BatchSource",
    "Progress",
    "Source",
    "augmented",
    "engine_fields",
    "place_of",
    "run_batches",
]

Progress = Callable[[int, float], object]
Batch = tuple[Any, Any, Any]


class Source(ABC):
    """What all sources share.

    Attributes
    ----------
    samples, steps : int or None
        In an epoch; None where it is not known.
    names : tuple of str or None
        Of the columns of the frame that was read first.
    """

    model: CompiledModel
    samples: int | None = None
    steps: int | None = None
    training: Training | None = None
    names: Names | None = None

    @abstractmethod
    def run_epoch(self, epoch: int, progress: Progress | None, watchers: CallbackList) -> dict[str, float] | None:
        """Train an epoch and return loss and metrics; None where training is to end without this epoch."""

    def rates_at(self, training: Training, steps: int) -> None:
        """Set the learning rates of the next ``steps`` steps."""
        optimizer = self.model.optimizer
        assert optimizer is not None
        rates = optimizer.rates(training.step, steps)
        training.learning_rate = optimizer.rate_at(training.step)
        training.set_learning_rates(rates)


class ArrayOptions(NamedTuple):
    """How epochs go through arrays.

    Attributes
    ----------
    by_batch : bool
        Whether a callback watches batches.
    augmentation : ImageAugmentation, callable or None
        The package's own runs in the engine, a function of (x_batch, rng) in Python.
    """

    batch_size: int
    shuffle: bool
    several_epochs: bool
    by_batch: bool
    augmentation: Any


class ArraySource(Source):
    """Arrays: an epoch is one call of the engine, or a loop over batches that are watched or augmented in Python."""

    def __init__(self, model: CompiledModel, data: Samples, options: ArrayOptions) -> None:
        self.model, self.inputs, self.targets, self.weights = model, data.inputs, data.targets, data.weights
        self.samples: int = data.count
        self.batch_size = min(options.batch_size, self.samples)
        self.steps: int = -(-self.samples // self.batch_size)
        self.shuffle = options.shuffle
        fields, self.function = engine_fields(model, options.augmentation)
        self.by_batch = options.by_batch or self.function is not None
        if self.by_batch and any(isinstance(one, CompressedRows) for one in each(self.inputs)):
            raise ValueError(
                "batches of a sparse matrix cannot be watched or augmented one by one: leave such callbacks out, or "
                "pass an iterable of batches"
            )
        self.training = make_training(
            model,
            self.inputs,
            self.targets,
            self.batch_size,
            self.weights,
            keep_index=options.several_epochs and not self.by_batch,
            augmentation=fields,
        )

    def run_epoch(self, epoch: int, progress: Progress | None, watchers: CallbackList) -> dict[str, float] | None:
        rng = self.model.rng.bit_generator
        drawn_before = rng.state
        order = self.model.rng.permutation(self.samples) if self.shuffle else None
        if self.by_batch:
            return run_batches(self, self._batches(order), epoch, progress, watchers)
        training = self.training
        assert training is not None
        if watchers.may_change_data:
            training.read_anew()
        self.rates_at(training, self.steps)
        try:
            value = training.run_epoch(order, progress)
        except NonFiniteDataError as failure:
            rng.state = drawn_before
            raise explain(self.model, self.inputs, self.targets, failure.sample) from None
        except (NonFiniteError, NonFiniteWeightsError) as failure:
            raise_or_stop(self.model, failure, place_of(failure, epoch), training.learning_rate, watchers)
            return None
        logs = loss_logs(self.model.output_names, value, training.losses_of_outputs)
        # What is recorded is in the order of the data.
        rows = BatchRows.of_size(self.batch_size, self.samples, order)
        return logs | metrics_of(self.model.metrics, self.targets, training.outputs, self.weights, rows)

    def _batches(self, order: NDArray[np.intp] | None) -> Iterator[Batch]:
        for start in range(0, self.samples, self.batch_size):
            rows = slice(start, start + self.batch_size)
            chosen = rows if order is None else order[rows]
            x = take_rows(self.inputs, chosen)
            if self.function is not None:
                x = augmented(self.model, self.function, x)
            yield x, take_rows(self.targets, chosen), take_rows(self.weights, chosen)


class BatchSource(Source):
    """Batches that come from the user, by the protocol of their kind."""

    def __init__(self, model: CompiledModel, batches: Batches, steps: int | None, augmentation: Any) -> None:
        self.model, self.batches, self.wanted = model, batches, steps
        self.steps = batches.length if steps is None else steps
        self.augmentation = augmentation
        self.capacity = 0

    def run_epoch(self, epoch: int, progress: Progress | None, watchers: CallbackList) -> dict[str, float] | None:
        self.batches.tell("on_epoch_begin")
        logs = run_batches(self, map(self._read, self.batches.epoch(self.wanted)), epoch, progress, watchers)
        self.batches.tell("on_epoch_end")
        return logs

    def _read(self, item: Any) -> Batch:
        batch = read_batch(self.model, item, self.names)
        inputs, targets, weights, samples = batch.inputs, batch.targets, batch.weights, batch.count
        self.names = self.model.feature_names = batch.names
        # The first batch may have told the model its input shape.
        fields, function = engine_fields(self.model, self.augmentation)
        if function is not None:
            inputs = augmented(self.model, function, inputs)
        if self.training is None or samples > self.capacity:
            self.capacity = samples
            self.training = make_training(
                self.model, inputs, targets, samples, weights, streaming=True, augmentation=fields
            )
        return inputs, targets, weights


def run_batches(
    source: Source,
    batches: Iterator[Batch],
    epoch: int,
    progress: Progress | None,
    watchers: CallbackList,
    running: RunningLogs | None = None,
) -> dict[str, float] | None:
    """An epoch, batch by batch; None if there were no batches, or a callback stopped training on a failure.

    Loss and metrics are from what ``running`` counts, where there is one.
    """
    model = source.model
    total, done, number, watches = 0.0, 0, 0, watchers.watches_batches
    by_output = np.zeros(len(model.output_names))
    seen: list[tuple[Any, Any, Any]] = []
    for inputs, targets, weights in batches:
        training = source.training
        assert training is not None
        if watches:
            watchers.on_train_batch_begin(number)
        assert model.optimizer is not None
        training.learning_rate = model.optimizer.rate_at(training.step)
        try:
            value = training.run_batch(inputs, targets, weights)
        except NonFiniteDataError as failure:
            raise explain(model, inputs, targets, failure.sample) from None
        except (NonFiniteError, NonFiniteWeightsError) as failure:
            raise_or_stop(model, failure, f"epoch {epoch + 1}, batch {number + 1}", training.learning_rate, watchers)
            return None
        count = count_rows(targets)
        by_output += np.array(training.losses_of_outputs) * count
        total, done, number = total + value * count, done + count, number + 1
        outputs = take_rows(training.outputs, slice(count))
        if running is not None:
            running.add(targets, outputs, weights, value, training.losses_of_outputs)
        elif outputs is not None:
            kept = [one.copy() for one in outputs] if isinstance(outputs, list) else outputs.copy()
            seen.append((targets, kept, weights))
        if watches:
            watchers.on_train_batch_end(number - 1, {"loss": value})
        if progress is not None:
            progress(done, total)
        if model.stop_training:
            break
    if done == 0:
        return None
    return joined_logs(model, np.array([total, *by_output]) / done, seen) if running is None else running.logs()


def place_of(failure: NonFiniteError | NonFiniteWeightsError, epoch: int) -> str:
    """Where an epoch of arrays failed, for messages."""
    return f"epoch {epoch + 1}" + (f", batch {failure.batch + 1}" if isinstance(failure, NonFiniteError) else "")


def engine_fields(model: CompiledModel, augmentation: Any) -> tuple[dict[str, Any] | None, Any]:
    """An augmentation as the engine's numbers, or as a function of Python; both None where there is none."""
    if augmentation is None:
        return None, None
    if len(model.input_names) > 1:
        raise ValueError("augmentation is for models with one input")
    if isinstance(augmentation, ImageAugmentation):
        assert model.input_shape is not None
        return augmentation.engine_fields(model.input_shape), None
    if not callable(augmentation) or isinstance(augmentation, type):
        raise TypeError(
            f"augmentation must be an ImageAugmentation or a function of (x_batch, rng), but it is {augmentation!r}"
        )
    return None, augmentation


def augmented(model: CompiledModel, function: Any, inputs: Any) -> Any:
    """A batch through a user's function, in the shape of samples, and back as rows."""
    if isinstance(inputs, CompressedRows):
        inputs = inputs.dense()
    assert model.input_shape is not None
    # A copy: the function may write into its batch, and these are the user's own data.
    result = function(inputs.reshape(len(inputs), *model.input_shape).copy(), model.rng)
    rows = read_inputs(model, result, "what the augmentation returned")
    if isinstance(rows, np.ndarray):
        check_finite(rows, "what the augmentation returned")
    if rows.shape[0] != len(inputs):
        raise ValueError(f"the augmentation must return {len(inputs)} samples, but returned {rows.shape[0]}")
    return rows
