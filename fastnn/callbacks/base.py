"""The callback: somebody who is told how training goes, and may act on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastnn.models.sequential import Sequential

__all__ = ["Callback", "CallbackList"]

Logs = dict[str, float]


class Callback:
    """Override what you want to be told. `model` is the model in training; ``model.stop_training = True`` ends it.

    Overriding a method about batches makes training go batch by batch through Python: some microseconds each.

    Examples
    --------
    >>> class Teller(Callback):
    ...     def on_epoch_end(self, epoch, logs):
    ...         print(epoch, sorted(logs))
    >>> Teller().on_epoch_end(0, {"loss": 0.5})
    0 ['loss']
    """

    model: Sequential

    def set_model(self, model: Sequential) -> None:
        """Get to know the model, before training starts."""
        self.model = model

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch, also where training failed or was interrupted."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """After an epoch and its validation; what is added to ``logs`` goes into the history."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch, counted from 0 in each epoch."""

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """After a batch; ``logs`` has its loss."""

    def on_failure(self, failure: FloatingPointError) -> bool:
        """Loss or weights are no longer finite: True ends training quietly, where it would raise ``failure``."""
        return False


class CallbackList:
    """All callbacks of a training as one.

    Raises
    ------
    TypeError
        When one is no `Callback`.
    """

    def __init__(self, callbacks: Iterable[Any] | None, model: Sequential) -> None:
        if isinstance(callbacks, Callback):
            callbacks = [callbacks]
        self.callbacks: list[Callback] = []
        for callback in callbacks or ():
            if not isinstance(callback, Callback):
                raise TypeError(f"a callback must be an object of fastnn.callbacks, but it is {callback!r}")
            self.callbacks.append(callback)
        for callback in self.callbacks:
            callback.set_model(model)

    @property
    def watches_batches(self) -> bool:
        """Whether one overrides a method about batches."""
        return any(
            getattr(type(callback), name) is not getattr(Callback, name)
            for callback in self.callbacks
            for name in ("on_train_batch_begin", "on_train_batch_end")
        )

    def on_train_begin(self) -> None:
        for callback in self.callbacks:
            callback.on_train_begin()

    def on_train_end(self) -> None:
        for callback in self.callbacks:
            callback.on_train_end()

    def on_epoch_begin(self, epoch: int) -> None:
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def on_train_batch_begin(self, batch: int) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_begin(batch)

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs)

    def on_failure(self, failure: FloatingPointError) -> bool:
        wishes = [callback.on_failure(failure) for callback in self.callbacks]
        return any(wishes)
