"""The fit: epochs of an engine training, with validation, callbacks, history and progress around them.

An epoch of arrays is one call of the engine. Where somebody has to see each batch (a callback, an augmentation in
Python, batches from an iterable), the epoch is a loop of single steps over the same kernels.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.callbacks.base import CallbackList
from fastnn.models.evaluation import Evaluation
from fastnn.models.full_batch import minimize
from fastnn.models.history import History
from fastnn.models.inputs import class_weights, read_inputs, read_targets, read_weights
from fastnn.models.sources import ArraySource, BatchSource, Source
from fastnn.optimizers.lbfgs import LBFGS
from fastnn.progress import Bar, wanted
from fastnn_ext.compressed import CompressedRows

if TYPE_CHECKING:
    from fastnn.models.sequential import Sequential

__all__ = ["fit"]

_BATCH_SIZE = 32

# verbose="auto" where somebody looks on: a bar, once training has taken a second.
_AUTOMATIC = 3


def fit(
    model: Sequential,
    x: Any,
    y: Any,
    *,
    batch_size: int | None,
    epochs: int,
    verbose: str | int | bool,
    callbacks: Iterable[Any] | None,
    validation_split: float,
    validation_data: tuple[Any, ...] | None,
    shuffle: bool,
    class_weight: dict[int, float] | None,
    sample_weight: Any,
    initial_epoch: int,
    steps_per_epoch: int | None,
    validation_batch_size: int | None,
    validation_freq: int,
    augmentation: Any,
) -> History:
    """Train a model; see `Sequential.fit`."""
    model.needs_compile()
    epochs = whole_number(epochs, "epochs", at_least=0)
    initial_epoch = whole_number(initial_epoch, "initial_epoch", at_least=0)
    validation_freq = whole_number(validation_freq, "validation_freq", at_least=1)
    batch_size = _BATCH_SIZE if batch_size is None else whole_number(batch_size, "batch_size", at_least=1)
    if validation_batch_size is not None:
        validation_batch_size = whole_number(validation_batch_size, "validation_batch_size", at_least=1)
    if steps_per_epoch is not None:
        steps_per_epoch = whole_number(steps_per_epoch, "steps_per_epoch", at_least=1)
    verbosity = _verbosity(verbose)
    watchers = CallbackList(callbacks, model)

    source: Source | None = None
    full: tuple[Any, ...] = ()
    if _gives_batches(x, y):
        _refuse_for_batches(model, validation_split, class_weight, sample_weight)
        source = BatchSource(model, x, steps_per_epoch, augmentation)
        validation = _validation(model, validation_data, validation_batch_size or batch_size)
    else:
        if steps_per_epoch is not None:
            raise ValueError("steps_per_epoch is for batches from an iterable: an epoch of arrays is all samples")
        inputs = read_inputs(model, x, "x")
        samples = inputs.shape[0]
        if samples == 0:
            raise ValueError("x must hold at least one sample, but it holds none")
        targets = read_targets(model, y, "y", samples)
        weights = class_weights(class_weight, targets, read_weights(sample_weight, "sample_weight", samples))
        kept = 0 if validation_data is not None else _kept_for_validation(validation_split, samples, inputs)
        if kept:
            rest = samples - kept
            assert isinstance(inputs, np.ndarray)
            held_out = (inputs[rest:], targets[rest:], None if weights is None else weights[rest:])
            validation = Evaluation(model, *held_out, validation_batch_size or batch_size)
            inputs, targets = inputs[:rest], targets[:rest]
            weights = None if weights is None else weights[:rest]
        else:
            validation = _validation(model, validation_data, validation_batch_size or batch_size)
        if isinstance(model.optimizer, LBFGS):
            if augmentation is not None:
                raise ValueError("LBFGS looks at the same samples in every step: leave the augmentation out")
            full = (inputs, targets, weights)
        else:
            source = ArraySource(
                model,
                inputs,
                targets,
                weights,
                batch_size,
                shuffle=shuffle,
                several_epochs=epochs - initial_epoch > 1,
                by_batch=watchers.watches_batches,
                augmentation=augmentation,
            )

    samples_seen = source.samples if source is not None else full[0].shape[0]
    history = History()
    history.params = {"epochs": epochs, "steps": source.steps if source is not None else 1, "verbose": verbosity}
    shown = _Shown(verbosity, samples_seen, initial_epoch, epochs)
    model.stop_training = False
    epoch = initial_epoch

    def finish(logs: dict[str, float]) -> bool:
        """What follows an epoch; whether another one may."""
        nonlocal epoch
        if validation is not None and (epoch + 1 - initial_epoch) % validation_freq == 0:
            logs |= {f"val_{name}": value for name, value in validation.run().items()}
        watchers.on_epoch_end(epoch, logs)
        history.add(epoch, logs)
        shown.epoch(epoch, logs)
        epoch += 1
        if model.stop_training or epoch >= epochs:
            return False
        watchers.on_epoch_begin(epoch)
        return True

    with _only_training_of(model):
        model.history = history
        watchers.on_train_begin()
        try:
            if epoch < epochs:
                watchers.on_epoch_begin(epoch)
            if source is None and epoch < epochs:
                inputs, targets, weights = full
                minimize(model, inputs, targets, weights, epochs - initial_epoch, finish)
            while source is not None and epoch < epochs:
                logs = source.run_epoch(epoch, shown.progress(epoch), watchers)
                # None: a callback has ended training where it would have failed, or there are no more batches.
                if logs is None:
                    break
                source.keep_state()
                if not finish(logs):
                    break
        finally:
            if source is not None:
                source.keep_state()
            watchers.on_train_end()
            shown.close()
    return history


def whole_number(value: object, name: str, at_least: int) -> int:
    """``value`` as an int that is ``at_least`` this.

    >>> whole_number(0, "batch_size", at_least=1)
    Traceback (most recent call last):
    ValueError: batch_size must be at least 1, but it is 0
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} must be an integer, but it is {value!r}") from None
    if number < at_least:
        raise ValueError(f"{name} must be at least {at_least}, but it is {number}")
    return number


def _verbosity(verbose: object) -> int:
    if verbose == "auto":
        return _AUTOMATIC if wanted() else 0
    if verbose in (0, 1, 2):
        return int(verbose)
    raise ValueError(f"verbose must be 'auto', 0, 1 or 2, but it is {verbose!r}")


def _gives_batches(x: Any, y: Any) -> bool:
    """Whether x is an iterable of batches, and no array or what becomes one."""
    if y is not None or isinstance(x, np.ndarray | list | CompressedRows | str):
        return False
    array_like = hasattr(x, "__array__") or hasattr(x, "__dlpack__") or hasattr(x, "tocsr") or hasattr(x, "to_numpy")
    return (hasattr(x, "__iter__") and not array_like) or hasattr(x, "__next__")


def _refuse_for_batches(
    model: Sequential, validation_split: float, class_weight: object, sample_weight: object
) -> None:
    if isinstance(model.optimizer, LBFGS):
        raise ValueError("LBFGS looks at all samples in every step: pass arrays, or choose another optimizer")
    if validation_split:
        raise ValueError("validation_split is for arrays: pass validation_data with batches from an iterable")
    if class_weight is not None or sample_weight is not None:
        raise ValueError("with batches from an iterable, weights come with each batch: (x, y, sample_weight)")


def _kept_for_validation(split: float, samples: int, inputs: Any) -> int:
    """How many samples the split keeps; it leaves and keeps one at least."""
    if isinstance(split, bool) or not isinstance(split, int | float):
        raise TypeError(f"validation_split must be a number, but it is {split!r}")
    if not 0 <= split < 1:
        raise ValueError(f"validation_split must be at least 0 and below 1, but it is {split}")
    if split == 0:
        return 0
    if isinstance(inputs, CompressedRows):
        raise ValueError("validation_split is for arrays: split a sparse matrix first, and pass validation_data")
    kept = samples - int(samples * (1 - split))
    if kept in (0, samples):
        raise ValueError(
            f"validation_split={split} of {samples} samples leaves {samples - kept} to train on and {kept} to validate "
            "with: at least one of each is needed"
        )
    return kept


def _validation(model: Sequential, data: Any, batch_size: int) -> Evaluation | None:
    if data is None:
        return None
    if not isinstance(data, tuple | list) or len(data) not in (2, 3):
        raise TypeError(
            f"validation_data must be (x, y) or (x, y, sample_weight), but it is a {type(data).__name__}"
            f"{f' of {len(data)}' if isinstance(data, tuple | list) else ''}"
        )
    inputs = read_inputs(model, data[0], "the validation x")
    if inputs.shape[0] == 0:
        raise ValueError("validation_data must hold at least one sample, but it holds none")
    targets = read_targets(model, data[1], "the validation y", inputs.shape[0])
    weights = read_weights(data[2], "the validation weights", inputs.shape[0]) if len(data) == 3 else None
    return Evaluation(model, inputs, targets, weights, batch_size)


@contextlib.contextmanager
def _only_training_of(model: Sequential) -> Iterator[None]:
    """Two threads that change the same weights would both spoil them."""
    if not model._lock.acquire(blocking=False):
        raise RuntimeError("the model is being trained by another thread: train a copy, or wait")
    try:
        yield
    finally:
        model._lock.release()


class _Shown:
    """What is shown of a training: a bar over all its samples, a line for each epoch, or nothing."""

    def __init__(self, verbosity: int, samples: int | None, first: int, epochs: int) -> None:
        self.lines = verbosity == 2
        self.samples, self.first, self.epochs = samples or 0, first, epochs
        total = None if samples is None else samples * (epochs - first)
        self.bar = Bar(total, "sample", at_once=verbosity == 1) if verbosity in (1, _AUTOMATIC) else None

    def progress(self, epoch: int) -> Any:
        """Who is told how an epoch goes on; None where nobody looks on."""
        bar, before = self.bar, (epoch - self.first) * self.samples
        if bar is None:
            return None
        title = f"epoch {epoch + 1}/{self.epochs}"

        def show(done: int, total_loss: float) -> None:
            bar.show(before + done, title, lambda: {"loss": f"{total_loss / max(1, done):.4f}"})

        return show

    def epoch(self, epoch: int, logs: dict[str, float]) -> None:
        """An epoch has ended."""
        values = {name: f"{value:.4f}" for name, value in logs.items()} if self.lines or self.bar else {}
        title = f"epoch {epoch + 1}/{self.epochs}"
        if self.bar is not None:
            self.bar.show((epoch + 1 - self.first) * self.samples, title, lambda: values)
        if self.lines:
            print(" - ".join([title, *(f"{name}: {value}" for name, value in values.items())]), flush=True)

    def close(self) -> None:
        """Training has ended."""
        if self.bar is not None:
            self.bar.close()
