"""``fastnn train``: a model from a user's own table or arrays."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fastnn.callbacks import Callback, EarlyStopping
from fastnn.cli.network import Standard, complete_network, hidden_network
from fastnn.cli.preparing import Preparation
from fastnn.cli.results import print_values
from fastnn.cli.samples import Samples, training_samples
from fastnn.cli.scores import scores
from fastnn.distributed import launched, mpi
from fastnn.files.writing import checked_target
from fastnn.models.sequential import Sequential
from fastnn.progress import wanted
from fastnn.threads import set_num_threads

if TYPE_CHECKING:
    from fastnn.distributed.strategy import DataParallel

__all__ = ["run"]

# In a log file, so many lines tell how a training goes.
_LINES = 10


def run(arguments: argparse.Namespace) -> int:
    """Read, split, train, save and report. Ctrl-C ends training early and keeps what was reached.

    Of several processes that ``mpiexec`` has started, all train, and the first writes and speaks.
    """
    if not launched():
        return _run(arguments, None)
    ranks = mpi(threads=arguments.threads)
    try:
        with ranks.together():
            return _run(arguments, ranks)
    except (Exception, KeyboardInterrupt) as error:
        if ranks.tells(error):
            raise
        return 1


def _run(arguments: argparse.Namespace, ranks: DataParallel | None) -> int:
    first = ranks is None or ranks.rank == 0
    arguments.quiet = arguments.quiet or not first
    if first:
        _check_out(arguments.out)
    if arguments.threads is not None and ranks is None:
        set_num_threads(arguments.threads)

    def say(text: str) -> None:
        if not arguments.quiet:
            print(text, file=sys.stderr, flush=True)

    samples, preparation = training_samples(arguments, say)
    training, validation = _split(samples, arguments.validation_split, arguments.seed)
    standard = Standard.of(training.x, training.y, preparation.inputs, preparation.categories)
    outputs = 1 if preparation.classes is None else len(preparation.classes)
    model = hidden_network(arguments, standard, outputs)
    far = standard.far_from_zero(preparation.inputs)
    if far and model.dtype == np.float32:
        say(f"inputs that vary little far from 0 lose digits: {', '.join(far[:5])}; --dtype float64 keeps them")
    layers = ", ".join(map(str, (*arguments.hidden, outputs)))
    say(f"training on {len(training.x)} rows, validating on {len(validation.x)}; layers of {layers} units")

    interrupted = False
    try:
        _fit(model, arguments, standard, training, validation, ranks)
    except KeyboardInterrupt:
        if model.history is None or not model.history.epoch:
            raise
        interrupted = True
    if not first:
        return 130 if interrupted else 0
    complete = complete_network(arguments, standard, model, outputs)
    complete.metadata = {"table": preparation.plain()}
    complete.save(arguments.out)
    if interrupted:
        epochs = len(model.history.epoch) if model.history is not None else 0
        print(f"fastnn: interrupted after {epochs} epochs: what was reached is in {arguments.out}", file=sys.stderr)
        return 130
    _report(complete, arguments.out, preparation, training, validation)
    return 0


def _check_out(path: str) -> None:
    """Raise before the training what saving would raise after it."""
    if not path.lower().endswith(".safetensors"):
        raise ValueError(f"--out must end in .safetensors, the format of models, but it is {path!r}")
    checked_target(path)


def _split(samples: Samples, share: float, seed: int) -> tuple[Samples, Samples]:
    """Random samples to train on, and those that are kept for validation."""
    order = np.random.default_rng(seed).permutation(len(samples.x))
    kept = int(share * len(order))
    first, second = order[kept:], order[:kept]
    return Samples(samples.x[first], samples.y[first]), Samples(samples.x[second], samples.y[second])


def _fit(
    model: Sequential,
    arguments: argparse.Namespace,
    standard: Standard,
    training: Samples,
    validation: Samples,
    ranks: DataParallel | None,
) -> None:
    callbacks: list[Callback] = []
    if arguments.patience:
        monitor = "val_loss" if len(validation.x) else "loss"
        callbacks.append(EarlyStopping(monitor, patience=arguments.patience, restore_best_weights=True))
    if not arguments.quiet and not wanted():
        callbacks.append(_Lines(arguments.epochs))
    held_out: Any = None
    if len(validation.x):
        held_out = (standard.inputs(validation.x, model.dtype), standard.targets(validation.y))
    model.fit(
        standard.inputs(training.x, model.dtype),
        standard.targets(training.y),
        batch_size=arguments.batch_size,
        epochs=arguments.epochs,
        verbose=0 if arguments.quiet else "auto",
        callbacks=callbacks,
        validation_data=held_out,
        distributed=ranks,
    )


class _Lines(Callback):
    """Tells how training goes where nobody looks on: a line each so many epochs, on standard error."""

    rank_zero_only: ClassVar[bool] = True

    def __init__(self, epochs: int) -> None:
        self.epochs, self.step = epochs, -(-epochs // _LINES)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if (epoch + 1) % self.step == 0 or epoch + 1 == self.epochs:
            values = " ".join(f"{name} {value:.4f}" for name, value in logs.items())
            print(f"epoch {epoch + 1}/{self.epochs} {values}", file=sys.stderr, flush=True)


def _report(model: Sequential, path: str, preparation: Preparation, training: Samples, validation: Samples) -> None:
    values: dict[str, Any] = {"task": preparation.task}
    if preparation.target is not None:
        values["target"] = preparation.target
    if model.history is not None:
        values["epochs"] = len(model.history.epoch)
    for name, samples in (("training", training), ("validation", validation)):
        if len(samples.x):
            values |= {f"{name}_{key}": value for key, value in scores(model, samples).items()}
    print_values({**values, "model": path})
