"""TensorBoard: the values and weights of a training as event files, which TensorBoard draws in a browser."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from fastnn.callbacks.base import Callback, Logs
from fastnn.callbacks.states import WHOLE
from fastnn.checking.scalars import whole_number
from fastnn.optimizers.lbfgs import LBFGS

__all__ = ["TensorBoard"]

# The writer's own two minutes are long for somebody who looks on.
_SECONDS_BETWEEN_WRITES = 10


class TensorBoard(Callback):
    """Write event files into ``log_dir/train`` and ``log_dir/validation``; ``tensorboard --logdir logs`` shows them.

    Names are Keras': epoch_loss, epoch_accuracy and so on for both, with epoch_learning_rate beside those of training,
    at steps that count epochs from 0; batch_loss at steps that count all batches from 1; and histograms of weights such
    as dense/kernel/histogram. Needs tensorboardX, not TensorFlow: ``pip install fastnn-ext[tensorboard]``.

    Parameters
    ----------
    log_dir : path-like, default "logs"
        Made if it does not exist. Each training adds files: give each a folder of its own for a curve of its own.
    histogram_freq : int, default 0
        Write the histograms of all weights after every so many epochs, from the first on; 0 writes none.
    update_freq : "epoch", "batch" or int, default "epoch"
        "batch" writes each batch's loss, too, and a number that of every so many batches; training then goes batch by
        batch.

    Raises
    ------
    TypeError, ValueError
        For arguments that are none of these.
    ImportError
        When training begins and tensorboardX is missing.

    Examples
    --------
    >>> board = TensorBoard("logs/first-try", histogram_freq=5)
    """

    rank_zero_only: ClassVar[bool] = True

    _state_kinds: ClassVar = {"batches": WHOLE}

    def __init__(
        self, log_dir: str | os.PathLike[str] = "logs", histogram_freq: int = 0, *, update_freq: str | int = "epoch"
    ) -> None:
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = whole_number(histogram_freq, "histogram_freq", at_least=0)
        if isinstance(update_freq, str) and update_freq not in ("epoch", "batch"):
            raise ValueError(f"update_freq must be 'epoch', 'batch' or a number of batches, but it is {update_freq!r}")
        self.update_freq = update_freq
        # Batches from one value to the next; None where values are of epochs alone.
        self._every: int | None = None
        if update_freq != "epoch":
            self._every = 1 if isinstance(update_freq, str) else whole_number(update_freq, "update_freq", at_least=1)
        self.batches = 0
        self._writers: dict[str, Any] = {}

    @property
    def watches_batches(self) -> bool:
        return self._every is not None or self._looks_at_batches_beyond(TensorBoard)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.batches = 0
        self._writer("train")

    def _writer(self, part: str) -> Any:
        """The writer of ``train`` or ``validation``; made when it is first used, so that no file is empty."""
        if part not in self._writers:
            try:
                from tensorboardX import SummaryWriter
            except ImportError:
                raise ImportError("TensorBoard needs tensorboardX: pip install fastnn-ext[tensorboard]") from None
            folder = os.path.join(self.log_dir, part)
            self._writers[part] = SummaryWriter(folder, flush_secs=_SECONDS_BETWEEN_WRITES)
        return self._writers[part]

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        super().on_train_batch_end(batch, logs)
        self.batches += 1
        if self._every is not None and self.batches % self._every == 0:
            for name, value in logs.items():
                self._writer("train").add_scalar(f"batch_{name}", value, self.batches)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        for name, value in {**self._learning_rate(), **logs}.items():
            part = "validation" if name.startswith("val_") else "train"
            self._writer(part).add_scalar(f"epoch_{name.removeprefix('val_')}", value, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            for layer in self.model.layers:
                for name, array in layer.arrays.items():
                    self._writer("train").add_histogram(f"{layer.name}/{name}/histogram", array, epoch)

    def _learning_rate(self) -> Logs:
        """The learning rate of the next update, if the optimiser has one."""
        optimizer, _ = self.model.needs_compile()
        return (
            {}
            if isinstance(optimizer, LBFGS)
            else {"learning_rate": optimizer.rate_at(self.model.optimizer_state.step)}
        )

    def on_train_end(self, logs: Logs | None = None) -> None:
        while self._writers:
            self._writers.popitem()[1].close()
