"""Backup and restoration: a training that was killed goes on where it was, by running the same script again."""

from __future__ import annotations

import os
from typing import ClassVar

from fastnn.callbacks.base import Callback, Logs
from fastnn.checking.scalars import true_or_false

__all__ = ["BackupAndRestore"]

_NAME = "backup.safetensors"


class BackupAndRestore(Callback):
    """Save the model after each epoch, and go on from there when ``fit`` is called again and a backup is left.

    The next ``fit`` of a model with the same layers and optimiser goes on behind the last epoch that was saved, with
    the states of optimiser, random numbers, history and callbacks: to the same bits as if it had never stopped, where
    the model has a seed. A kill at any moment leaves a whole backup.

    Parameters
    ----------
    backup_dir : path-like
        A folder of this training alone; it is made if it is not there.
    save_freq : "epoch"
        Keras also has a number of batches: a training goes on between two epochs here.
    delete_checkpoint : bool, default True
        Remove the backup when training has come to its end.

    Raises
    ------
    TypeError, ValueError
        For arguments that are none of these; by ``fit``, for a backup of another model.

    Examples
    --------
    >>> backup = BackupAndRestore("backup/first-try")
    """

    rank_zero_only: ClassVar[bool] = True

    def __init__(
        self, backup_dir: str | os.PathLike[str], save_freq: str = "epoch", *, delete_checkpoint: bool = True
    ) -> None:
        self.backup_dir = os.fspath(backup_dir)
        if save_freq != "epoch":
            raise ValueError(
                f"save_freq must be 'epoch', since training goes on between epochs, but it is {save_freq!r}"
            )
        self.save_freq = save_freq
        self.delete_checkpoint = true_or_false(delete_checkpoint, "delete_checkpoint")
        self._path, self._epoch = "", -1

    def restored_epochs(self) -> int | None:
        # From here on, the program may change its working directory.
        self._path = os.path.join(os.path.abspath(self.backup_dir), _NAME)
        return self.model.restore(self._path) if os.path.exists(self._path) else None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._epoch = -1
        os.makedirs(os.path.dirname(self._path), exist_ok=True)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        self.model.save(self._path)
        self._epoch = epoch

    def on_train_end(self, logs: Logs | None = None) -> None:
        history = self.model.history
        epochs = 0 if history is None else history.params.get("epochs", 0)
        ended = self.model.stop_training or self._epoch + 1 >= epochs
        if self.delete_checkpoint and self._epoch >= 0 and ended:
            os.remove(self._path)
