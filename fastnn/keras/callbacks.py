"""Keras' ``keras.callbacks``."""

from __future__ import annotations

import functools
import inspect
from typing import Any, ClassVar

from fastnn import callbacks as ours
from fastnn.callbacks import Callback
from fastnn.callbacks.base import Logs
from fastnn.keras.translating import Translated, attributes

__all__ = [
    "BackupAndRestore", "CSVLogger", "Callback", "EarlyStopping", "History", "LambdaCallback",
    "LearningRateScheduler", "ModelCheckpoint", "ProgbarLogger", "ReduceLROnPlateau", "RemoteMonitor",
    "SwapEMAWeights", "TensorBoard", "TerminateOnNaN",
]  # fmt: skip


class _AnyName(ours.ModelCheckpoint):
    __doc__ = ours.ModelCheckpoint.__doc__
    # The model of this package writes whatever format a name means.
    _endings: ClassVar = None


class History(Callback):
    """Record each epoch's values: what ``fit`` returns does so, too.

    Attributes
    ----------
    epoch : list of int
    history : dict of list of float

    Examples
    --------
    >>> history = History()
    >>> history.on_train_begin()
    >>> history.on_epoch_end(0, {"loss": 0.5})
    >>> history.history
    {'loss': [0.5]}
    """

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch, self.history = [], {}

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)


BackupAndRestore = Translated(ours.BackupAndRestore, "callbacks")
CSVLogger = Translated(ours.CSVLogger, "callbacks")
EarlyStopping = Translated(ours.EarlyStopping, "callbacks")
LambdaCallback = Translated(ours.LambdaCallback, "callbacks")


def _of_two(arguments: dict[str, Any]) -> dict[str, Any]:
    """A schedule of the epoch alone, which Keras takes, too, as one of the epoch and the rate."""
    schedule = arguments.get("schedule")
    if callable(schedule):
        try:
            inspect.signature(schedule).bind(0, 0.1)
        except TypeError:
            return arguments | {"schedule": functools.wraps(schedule)(lambda epoch, rate: schedule(epoch))}
        except ValueError:
            pass  # compiled, and says nothing of its arguments
    return arguments


LearningRateScheduler = Translated(ours.LearningRateScheduler, "callbacks", prepare=_of_two)
ModelCheckpoint = Translated(_AnyName, "callbacks", "ModelCheckpoint")
ProgbarLogger = Translated(ours.ProgbarLogger, "callbacks")
ReduceLROnPlateau = Translated(ours.ReduceLROnPlateau, "callbacks")
RemoteMonitor = Translated(ours.RemoteMonitor, "callbacks")
SwapEMAWeights = Translated(ours.SwapEMAWeights, "callbacks")
TensorBoard = Translated(ours.TensorBoard, "callbacks")
TerminateOnNaN = Translated(ours.TerminateOnNaN, "callbacks")

__getattr__ = attributes(__name__)
