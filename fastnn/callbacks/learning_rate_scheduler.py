"""The learning-rate scheduler: a function of the epoch and the rate so far that gives the epoch's rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from fastnn.callbacks.base import Callback, Logs
from fastnn.callbacks.rates import optimizer_and_rate
from fastnn.callbacks.states import NUMBER_OR_NONE, WHOLE
from fastnn.checking.scalars import checked_verbosity, non_negative_number

__all__ = ["LearningRateScheduler"]


class LearningRateScheduler(Callback):
    """Set the learning rate at the beginning of each epoch.

    Each epoch's learning rate goes into the logs, and so into the history, as "learning_rate". For rates that change
    with each step, give the optimiser one of `fastnn.optimizers.schedules`.

    Parameters
    ----------
    schedule : callable
        A function of the epoch, counted from 0, and the rate so far that returns a finite rate of at least 0.
    verbose : int, default 0
        1 prints a line for each epoch.

    Raises
    ------
    TypeError, ValueError
        When `schedule` is no function or returns something else; when training begins, where the optimiser has a
        schedule of its own or no rate at all.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn.layers import Dense
    >>> from fastnn.models import Sequential
    >>> model = Sequential([Dense(1)], seed=0)
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> halving = LearningRateScheduler(lambda epoch, lr: lr / 2 if epoch else lr)
    >>> history = model.fit(np.ones((8, 2)), np.zeros(8), epochs=3, callbacks=[halving])
    >>> history.history["learning_rate"]
    [0.01, 0.005, 0.0025]
    """

    _state_kinds: ClassVar = {"epoch": WHOLE, "rate": NUMBER_OR_NONE}

    def __init__(self, schedule: Callable[[int, float], float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise TypeError(f"schedule must be a function of (epoch, lr) that returns a rate, but it is {schedule!r}")
        self.schedule = schedule
        self.verbose = checked_verbosity(verbose)
        # The rate before the last epoch that began: where that is begun anew, it is not changed twice.
        self.epoch = 0
        self.rate: float | None = None

    @property
    def may_change_data(self) -> bool:
        return True

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch, self.rate = 0, None
        optimizer_and_rate(self.model, "LearningRateScheduler")

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        optimizer, rate = optimizer_and_rate(self.model, "LearningRateScheduler")
        if self.rate is not None and epoch == self.epoch:
            rate = self.rate
        self.epoch, self.rate = epoch, rate
        new = non_negative_number(self.schedule(epoch, rate), f"what schedule({epoch}, {rate:g}) returns")
        optimizer.learning_rate = new
        if self.verbose:
            print(f"epoch {epoch + 1}: learning rate {new:g}", flush=True)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        _, rate = optimizer_and_rate(self.model, "LearningRateScheduler")
        # A callback before this one may have reduced the rate of the next epoch already.
        logs.setdefault("learning_rate", rate)
