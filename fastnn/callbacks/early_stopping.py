"""Early stopping: training ends where a value has not become better for some epochs."""

from __future__ import annotations

from typing import Any, ClassVar

from numpy.typing import NDArray

from fastnn.callbacks.base import Logs
from fastnn.callbacks.monitor import MonitorCallback
from fastnn.callbacks.states import NUMBER_OR_NONE, WEIGHTS_OR_NONE, WHOLE
from fastnn.checking.scalars import checked_verbosity, finite_number, true_or_false, whole_number

__all__ = ["EarlyStopping"]


class EarlyStopping(MonitorCallback):
    """End training after `patience` epochs in which the monitored value has not become better.

    Parameters
    ----------
    monitor : str, default "val_loss"
        The name of a value in the logs; those with val_ need ``validation_data`` or ``validation_split``.
    min_delta : float, default 0
        A value is better only where it is by more than this.
    patience : int, default 0
        Epochs without a better value after which training ends.
    verbose : int, default 0
        1 prints a line when training has ended.
    mode : "auto", "min" or "max"
        Whether smaller or larger is better; "auto" asks the metric, as `MonitorCallback` tells.
    baseline : float, optional
        Patience begins anew only with values that are better than this, too.
    restore_best_weights : bool, default False
        Put the weights of the best epoch back when training ends: early, with its last epoch, by an error or by
        Ctrl-C. The optimiser keeps its state.
    start_from_epoch : int, default 0
        Epochs before this one, counted from 0, are not looked at.

    Attributes
    ----------
    stopped_epoch : int
        The epoch that ended training, counted from 0; 0 where it went on to its last epoch.
    best : float or None
        The best value; None before there was one. NaN never is.
    best_epoch : int
        Its epoch, counted from 0.
    best_weights : list of ndarray or None
        Those to be restored: of the best epoch, or of the first that was looked at where no value was a number.

    Raises
    ------
    TypeError, ValueError
        For arguments that are none of these; during training, when the logs have no such value.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn.layers import Dense
    >>> from fastnn.models import Sequential
    >>> model = Sequential([Dense(1)], seed=0)
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> stopping = EarlyStopping(monitor="loss", min_delta=0.01, patience=2)
    >>> history = model.fit(np.ones((8, 2)), np.zeros(8), epochs=500, callbacks=[stopping])
    >>> len(history.epoch) == stopping.stopped_epoch + 1 < 500
    True
    >>> stopping.stopped_epoch - stopping.best_epoch
    2
    """

    _state_kinds: ClassVar = {
        "wait": WHOLE,
        "best": NUMBER_OR_NONE,
        "best_epoch": WHOLE,
        "stopped_epoch": WHOLE,
        "best_weights": WEIGHTS_OR_NONE,
    }

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = whole_number(patience, "patience", at_least=0)
        self.verbose = checked_verbosity(verbose)
        self.baseline = None if baseline is None else finite_number(baseline, "baseline")
        self.restore_best_weights = true_or_false(restore_best_weights, "restore_best_weights")
        self.start_from_epoch = whole_number(start_from_epoch, "start_from_epoch", at_least=0)
        self._reset()

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        if self.stopped_epoch:
            # The training was over.
            self.model.stop_training = True

    def _reset(self) -> None:
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best: float | None = None
        self.best_weights: list[NDArray[Any]] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        value = self.monitored(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        better = self.improves(value, self.best)
        if better:
            self.best, self.best_epoch = value, epoch
        if self.restore_best_weights and (better or self.best_weights is None):
            self.best_epoch, self.best_weights = epoch, self.model.get_weights()
        self.wait += 1
        if better:
            if self.baseline is None or self.improves(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.verbose and self.stopped_epoch:
            print(f"epoch {self.stopped_epoch + 1}: early stopping", flush=True)
        if self.best_weights is not None:
            if self.verbose:
                print(f"restoring the weights of the best epoch, {self.best_epoch + 1}", flush=True)
            self.model.set_weights(self.best_weights)
