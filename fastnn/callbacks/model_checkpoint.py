"""The model checkpoint: the model in a file, after each epoch or where it has become better."""

from __future__ import annotations

import os
from typing import ClassVar

from fastnn.callbacks.base import Logs
from fastnn.callbacks.monitor import MonitorCallback, missing_name
from fastnn.callbacks.states import NUMBER_OR_NONE, WHOLE
from fastnn.checking.scalars import checked_verbosity, finite_number, true_or_false, whole_number

__all__ = ["ModelCheckpoint"]


class ModelCheckpoint(MonitorCallback):
    """Save the model, or its weights, as training goes.

    Parameters
    ----------
    filepath : path-like
        Ends in .safetensors, or for weights in .safetensors or .npz. Fields in braces are filled in: {epoch}, counted
        from 1, {batch}, counted from 1 in its epoch, and all names in the logs, such as
        ``"{epoch:02d}-{val_loss:.2f}.safetensors"``. Folders that are not there are made; a file of the same name is
        replaced.
    monitor : str, default "val_loss"
        The name of the value that tells which is best, for `save_best_only`.
    verbose : int, default 0
        1 prints a line for each file, and for each epoch without.
    save_best_only : bool, default False
        Save only where the monitored value is better than all before, also those of a training before.
    save_weights_only : bool, default False
        ``model.save_weights`` in place of ``model.save``.
    mode : "auto", "min" or "max"
        Whether smaller or larger is better; "auto" asks the metric, as `MonitorCallback` tells.
    save_freq : "epoch" or int, default "epoch"
        A number saves after so many batches, which makes training go batch by batch. The logs then have the batch's
        loss alone.
    initial_value_threshold : float, optional
        The first file needs a value that is better than this.

    Attributes
    ----------
    best : float or None
        The best value so far.
    batches : int
        Those of this training so far, where files are for batches.

    Raises
    ------
    TypeError, ValueError
        For arguments that are none of these; during training, when the logs lack a name.
    OSError
        When a file cannot be written.

    Examples
    --------
    >>> best = ModelCheckpoint("best.safetensors", monitor="val_accuracy", save_best_only=True)
    >>> each = ModelCheckpoint("weights/{epoch:02d}-{val_loss:.2f}.npz", save_weights_only=True)
    """

    rank_zero_only: ClassVar[bool] = True

    # How the files of models and those of weights end; None where the model itself tells at its first file.
    _endings: ClassVar[tuple[tuple[str, ...], tuple[str, ...]] | None] = ((".safetensors",), (".safetensors", ".npz"))

    _state_kinds: ClassVar = {"best": NUMBER_OR_NONE, "batches": WHOLE}

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode)
        self.filepath = os.fspath(filepath)
        # Here, so that it is told before training and not after its first epoch.
        endings = None if self._endings is None else self._endings[bool(save_weights_only)]
        if endings is not None and not self.filepath.endswith(endings):
            what = "weights" if save_weights_only else "a model"
            raise ValueError(f"the filepath of {what} must end in {' or '.join(endings)}, but it is {self.filepath!r}")
        self.verbose = checked_verbosity(verbose)
        self.save_best_only = true_or_false(save_best_only, "save_best_only")
        self.save_weights_only = true_or_false(save_weights_only, "save_weights_only")
        if isinstance(save_freq, str) and save_freq != "epoch":
            raise ValueError(f"save_freq must be 'epoch' or a number of batches, but it is {save_freq!r}")
        self.save_freq = save_freq
        # Batches from one file to the next; None where files are for epochs.
        self._every = None if isinstance(save_freq, str) else whole_number(save_freq, "save_freq", at_least=1)
        self.best: float | None = None
        if initial_value_threshold is not None:
            self.best = finite_number(initial_value_threshold, "initial_value_threshold")
            if not save_best_only:
                raise ValueError("initial_value_threshold is for save_best_only=True: pass both, or neither")
        self._epoch = self.batches = 0

    @property
    def compares(self) -> bool:
        return self.save_best_only

    @property
    def watches_batches(self) -> bool:
        return self._every is not None or self._looks_at_batches_beyond(ModelCheckpoint)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.batches = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        super().on_train_batch_end(batch, logs)
        self.batches += 1
        if self._every is not None and self.batches % self._every == 0:
            self._save_where_wanted({"epoch": self._epoch + 1, "batch": batch + 1}, logs)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        if self._every is None:
            self._save_where_wanted({"epoch": epoch + 1}, logs)

    def _save_where_wanted(self, place: dict[str, int], logs: Logs) -> None:
        title = ", ".join(f"{name} {number}" for name, number in place.items())
        reason = ""
        if self.save_best_only:
            value = self.monitored(logs)
            if value is None:
                return
            before = "" if self.best is None else f" from {self.best:.5f}"
            if not self.improves(value, self.best):
                if self.verbose:
                    print(f"{title}: {self.monitor} did not improve{before}", flush=True)
                return
            self.best = value
            reason = f"{self.monitor} improved{before} to {value:.5f}, "
        path = self._path(place, logs)
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)
        if self.verbose:
            print(f"{title}: {reason}saved {'weights' if self.save_weights_only else 'model'} to {path}", flush=True)

    def _path(self, place: dict[str, int], logs: Logs) -> str:
        try:
            return self.filepath.format_map({**logs, **place})
        except KeyError as error:
            known = {**place, **logs}
            raise missing_name(f"in filepath {self.filepath!r}, the field", str(error.args[0]), known) from None
