"""Termination on NaN: training ends quietly where its loss or weights are no longer finite."""

from __future__ import annotations

from fastnn.callbacks.base import Callback, Logs

__all__ = ["TerminateOnNaN"]


class TerminateOnNaN(Callback):
    """End training quietly where ``fit`` would raise FloatingPointError.

    The weights are those from before the epoch that failed (batch by batch: from before the batch), which is not in
    the history.

    Attributes
    ----------
    failure : FloatingPointError or None
        What would have been raised; its message tells the epoch, the batch, the layer and what to do. None where
        training went well.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn.layers import Dense
    >>> from fastnn.models import Sequential
    >>> from fastnn.optimizers import SGD
    >>> model = Sequential([Dense(1)], seed=0)
    >>> model.compile(optimizer=SGD(1e30), loss="mse")
    >>> ending = TerminateOnNaN()
    >>> history = model.fit(np.ones((8, 2)), np.zeros(8), epochs=50, callbacks=[ending])
    >>> len(history.epoch) < 50
    True
    >>> print(ending.failure)
    training stopped: the loss is not finite in epoch ...
    """

    def __init__(self) -> None:
        self.failure: FloatingPointError | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.failure = None

    def on_failure(self, failure: FloatingPointError) -> bool:
        # A new one: the traceback of the one raised would keep the training and its data in memory.
        self.failure = FloatingPointError(*failure.args)
        return True
