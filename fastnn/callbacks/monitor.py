"""The monitor: the name of a value in the logs that a callback watches, and which of two such values is better."""

from __future__ import annotations

import math

from fastnn.callbacks.base import Callback, Logs
from fastnn.callbacks.model import ModelInTraining
from fastnn.checking.names import unknown_name
from fastnn.checking.scalars import non_negative_number, true_or_false
from fastnn.metrics.base import Metric

__all__ = ["MonitorCallback", "missing_name"]


class MonitorCallback(Callback):
    """The base class of callbacks that watch a value.

    Parameters
    ----------
    monitor : str
        Its name in the logs, such as "loss", "val_loss" or "val_accuracy".
    mode : "auto", "min" or "max"
        Whether smaller or larger is better. "auto" asks the model's metric of that name: each of fastnn's knows, and
        one of your own declares it by an attribute ``larger_is_better``. A loss is better when it is smaller. What no
        metric declares, and what a callback adds to the logs, needs "min" or "max".
    min_delta : float, default 0
        A value is better only where it is by more than this.

    Raises
    ------
    TypeError, ValueError
        For arguments that are none of these; when training begins, where "auto" finds no direction.
    """

    def __init__(self, monitor: str, mode: str = "auto", min_delta: float = 0.0) -> None:
        if not isinstance(monitor, str):
            raise TypeError(f"monitor must be the name of a value, such as 'val_loss', but it is {monitor!r}")
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"mode must be 'auto', 'min' or 'max', but it is {mode!r}")
        self.monitor, self.mode = monitor, mode
        self.min_delta = non_negative_number(min_delta, "min_delta")

    def set_model(self, model: ModelInTraining) -> None:
        super().set_model(model)
        if self.compares:
            _ = self.larger_is_better  # before training starts, and not after its first epoch

    @property
    def compares(self) -> bool:
        """Whether it matters which of two values is better."""
        return True

    @property
    def larger_is_better(self) -> bool:
        """The direction: from `mode`, or from the model's metric.

        Raises
        ------
        ValueError
            When neither tells.
        """
        if self.mode != "auto":
            return self.mode == "max"
        model = getattr(self, "model", None)
        metrics: list[Metric] = getattr(model, "metrics", [])
        losses = list(getattr(model, "loss_names", ("loss",)))
        by_name = {metric.name: metric.larger_is_better for metric in metrics} | dict.fromkeys(losses, False)
        name = self.monitor if self.monitor in by_name else self.monitor.removeprefix("val_")
        who = f"the {type(self).__name__}'s monitor"
        if name not in by_name:
            known = [*losses, *(metric.name for metric in metrics)]
            names = [*known, *(f"val_{one}" for one in known)]
            raise unknown_name(who, self.monitor, names, "what a callback adds, with mode='max' or mode='min'")
        direction = by_name[name]
        if direction is None:
            raise ValueError(
                f"{who} {self.monitor!r} may be better when it is larger, or when it is smaller: pass mode='max' or "
                f"mode='min', or give the metric {name} an attribute larger_is_better"
            )
        return true_or_false(direction, f"larger_is_better of the metric {name}")

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
