"""The progress bar as a callback."""

from __future__ import annotations

from typing import ClassVar

from fastnn.callbacks.base import Callback, Logs
from fastnn.progress import Bar

__all__ = ["ProgbarLogger"]


class ProgbarLogger(Callback):
    """Show a bar of the epochs with their values, on standard error, whatever ``verbose`` is.

    ``fit(..., verbose=1)`` shows one of the samples; give one of the two.

    Examples
    --------
    >>> bar = ProgbarLogger()
    """

    rank_zero_only: ClassVar[bool] = True

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._done = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        history = self.model.history
        epochs = None if history is None else history.params.get("epochs")
        self._bar, self._done = Bar(epochs, "epoch", at_once=True), 0

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        if self._bar is None:
            raise RuntimeError("ProgbarLogger shows epochs of a training: call on_train_begin first")
        values = {name: f"{value:.4f}" for name, value in logs.items()}
        self._done = epoch + 1
        self._bar.show(self._done, f"epoch {self._done}", lambda: values)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
