"""Reducing the learning rate on a plateau: where a value has not become better for some epochs."""

from __future__ import annotations

from typing import ClassVar

from fastnn.callbacks.base import Logs
from fastnn.callbacks.monitor import MonitorCallback
from fastnn.callbacks.rates import optimizer_and_rate
from fastnn.callbacks.states import NUMBER_OR_NONE, WHOLE
from fastnn.checking.scalars import checked_verbosity, non_negative_number, whole_number

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(MonitorCallback):
    """Multiply the learning rate by a factor after `patience` epochs in which the value has not become better.

    Each epoch's learning rate goes into the logs, and so into the history, as "learning_rate".

    Parameters
    ----------
    monitor : str, default "val_loss"
        The name of a value in the logs; those with val_ need ``validation_data`` or ``validation_split``.
    factor : float, default 0.1
        Below 1.
    patience : int, default 10
        Epochs without a better value after which the rate is reduced.
    verbose : int, default 0
        1 prints a line when the rate is reduced.
    mode : "auto", "min" or "max"
        Whether smaller or larger is better; "auto" asks the metric, as `MonitorCallback` tells.
    min_delta : float, default 1e-4
        A value is better only where it is by more than this.
    cooldown : int, default 0
        Epochs after a reduction that do not count.
    min_lr : float, default 0
        The rate is not reduced further than to this.

    Raises
    ------
    TypeError, ValueError
        For arguments that are none of these; when training begins, where the optimiser has a schedule or no rate at
        all; during training, when the logs have no such value.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn.layers import Dense
    >>> from fastnn.models import Sequential
    >>> model = Sequential([Dense(1, kernel_initializer="zeros")], seed=0)
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> plateau = ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1)
    >>> history = model.fit(np.ones((8, 2)), np.zeros(8), epochs=4, callbacks=[plateau])
    >>> history.history["learning_rate"]
    [0.01, 0.01, 0.005, 0.0025]
    """

    _state_kinds: ClassVar = {"wait": WHOLE, "cooldown_counter": WHOLE, "best": NUMBER_OR_NONE}

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.factor = non_negative_number(factor, "factor")
        if self.factor >= 1:
            raise ValueError(f"factor must be below 1, but it is {self.factor}: the learning rate is to become smaller")
        self.patience = whole_number(patience, "patience", at_least=0)
        self.verbose = checked_verbosity(verbose)
        self.cooldown = whole_number(cooldown, "cooldown", at_least=0)
        self.min_lr = non_negative_number(min_lr, "min_lr")
        self._reset()

    def _reset(self) -> None:
        self.wait = self.cooldown_counter = 0
        self.best: float | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._reset()
        optimizer_and_rate(self.model, "ReduceLROnPlateau")

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        optimizer, rate = optimizer_and_rate(self.model, "ReduceLROnPlateau")
        logs.setdefault("learning_rate", rate)
        value = self.monitored(logs)
        if value is None:
            return
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
        if self.improves(value, self.best):
            self.best = value
            self.wait = 0
        elif self.cooldown_counter == 0:
            self.wait += 1
            if self.wait >= self.patience and rate > self.min_lr:
                reduced = max(rate * self.factor, self.min_lr)
                optimizer.learning_rate = reduced
                self.cooldown_counter = self.cooldown
                self.wait = 0
                if self.verbose:
                    print(f"epoch {epoch + 1}: learning rate reduced from {rate:g} to {reduced:g}", flush=True)
