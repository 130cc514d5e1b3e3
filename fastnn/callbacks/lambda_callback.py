"""The lambda callback: functions in place of a class of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastnn.callbacks.base import Callback, Logs

__all__ = ["LambdaCallback"]

OnTraining = Callable[[Logs], object]
OnEpochOrBatch = Callable[[int, Logs], object]


class LambdaCallback(Callback):
    """Call functions as training goes; what they return is without effect.

    Functions about batches make training go batch by batch through Python; without them it runs at full speed.

    Parameters
    ----------
    on_epoch_begin, on_epoch_end : callable, optional
        Functions of (epoch, logs), with the epoch counted from 0.
    on_train_begin, on_train_end : callable, optional
        Functions of (logs).
    on_train_batch_begin, on_train_batch_end : callable, optional
        Functions of (batch, logs), with the batch counted from 0 in each epoch.

    Raises
    ------
    TypeError
        When one is no function.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn.layers import Dense
    >>> from fastnn.models import Sequential
    >>> model = Sequential([Dense(1)], seed=0)
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> teller = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, sorted(logs)))
    >>> history = model.fit(np.ones((8, 2)), np.zeros(8), epochs=2, callbacks=[teller])
    0 ['loss']
    1 ['loss']
    """

    def __init__(
        self,
        on_epoch_begin: OnEpochOrBatch | None = None,
        on_epoch_end: OnEpochOrBatch | None = None,
        on_train_begin: OnTraining | None = None,
        on_train_end: OnTraining | None = None,
        on_train_batch_begin: OnEpochOrBatch | None = None,
        on_train_batch_end: OnEpochOrBatch | None = None,
    ) -> None:
        given: dict[str, Callable[..., object] | None] = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        for name, function in given.items():
            if function is not None and not callable(function):
                raise TypeError(f"{name} must be a function, but it is {function!r}")
        self.functions = {name: function for name, function in given.items() if function is not None}

    def _call(self, name: str, *arguments: Any) -> None:
        if name in self.functions:
            self.functions[name](*arguments)

    @property
    def watches_batches(self) -> bool:
        wanted = "on_train_batch_begin" in self.functions or "on_train_batch_end" in self.functions
        return wanted or self._looks_at_batches_beyond(LambdaCallback)

    @property
    def may_change_data(self) -> bool:
        return True

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._call("on_epoch_begin", epoch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        self._call("on_epoch_end", epoch, logs)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._call("on_train_begin", logs or {})

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._call("on_train_end", logs or {})

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        super().on_train_batch_begin(batch, logs)
        self._call("on_train_batch_begin", batch, logs or {})

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        super().on_train_batch_end(batch, logs)
        self._call("on_train_batch_end", batch, logs)
