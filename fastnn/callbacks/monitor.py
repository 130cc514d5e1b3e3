"""The monitor: the name of a value in the logs that a callback watches, and which of two such values is better."""

from __future__ import annotations

import math

from fastnn.callbacks.base import Callback, Logs
from fastnn.naming import unknown_name
from fastnn.scalars import non_negative_number

__all__ = ["MonitorCallback", "missing_name"]

# What the names of values contain that are better when they are larger.
_LARGER_IS_BETTER = ("acc", "auc", "precision", "recall", "f1", "r2", "top_k")


class MonitorCallback(Callback):
    """What callbacks share that watch a value.

    Parameters
    ----------
    monitor : str
        Its name in the logs, such as "loss", "val_loss" or "val_accuracy".
    mode : "auto", "min" or "max"
        Whether smaller or larger is better; "auto" takes larger where the name contains acc, auc, precision, recall,
        f1, r2 or top_k, and smaller for all others.
    min_delta : float, default 0
        A value is better only where it is by more than this.

    Raises
    ------
    TypeError, ValueError
        For arguments that are none of these.
    """

    def __init__(self, monitor: str, mode: str = "auto", min_delta: float = 0.0) -> None:
        if not isinstance(monitor, str):
            raise TypeError(f"monitor must be the name of a value, such as 'val_loss', but it is {monitor!r}")
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"mode must be 'auto', 'min' or 'max', but it is {mode!r}")
        self.monitor, self.mode = monitor, mode
        self.min_delta = non_negative_number(min_delta, "min_delta")
        name = monitor.lower()
        self.larger_is_better = mode == "max" or (mode == "auto" and any(part in name for part in _LARGER_IS_BETTER))

    def monitored(self, logs: Logs) -> float | None:
        """The value; None where it is one of validation and this epoch goes without.

        Raises
        ------
        ValueError
            When there is no such value; the message lists those that there are.
        """
        value = logs.get(self.monitor)
        if value is None and not self._comes_later(logs):
            raise missing_name(f"the {type(self).__name__}'s monitor", self.monitor, logs)
        return value

    def _comes_later(self, logs: Logs) -> bool:
        """Whether an epoch lacks all values of validation because ``fit`` validates after some epochs only."""
        if not self.monitor.startswith("val_") or any(name.startswith("val_") for name in logs):
            return False
        history = self.model.history
        return history is not None and history.params.get("validation_freq", 1) != 1

    def improves(self, value: float, reference: float | None) -> bool:
        """Whether a value is better than a reference; NaN never is, and anything else is better than None."""
        if reference is None:
            return not math.isnan(value)
        if self.larger_is_better:
            return value - self.min_delta > reference
        return value + self.min_delta < reference


def missing_name(what: str, name: str, logs: Logs) -> ValueError:
    """The error for a name that is not in the logs.

    >>> raise missing_name("the monitor", "val_loss", {"loss": 0.5, "accuracy": 0.9})
    Traceback (most recent call last):
    ValueError: the monitor 'val_loss' is unknown; did you mean 'loss'? Expected one of loss, accuracy, or a name with
    val_ before it, for which fit needs validation_data or validation_split.
    """
    return unknown_name(
        what, name, logs, "a name with val_ before it, for which fit needs validation_data or validation_split"
    )
