"""Names of values that Keras has renamed since: ``acc`` for ``accuracy``, in histories and in what callbacks watch."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from fastnn.callbacks.base import Callback
from fastnn.callbacks.model_checkpoint import ModelCheckpoint
from fastnn.callbacks.monitor import MonitorCallback
from fastnn.keras.translating import tell
from fastnn.metrics.base import Metric

__all__ = ["HistoryValues", "with_new_names"]

# What a model calls a metric that is asked for by its short name.
_SHORT = {
    "acc": "accuracy",
    "mean_squared_error": "mse",
    "mean_absolute_error": "mae",
    "mean_absolute_percentage_error": "mape",
    "mean_squared_logarithmic_error": "msle",
}
_NEW = _SHORT | {f"val_{old}": f"val_{new}" for old, new in _SHORT.items()}


class HistoryValues(dict[str, list[float]]):
    """The values of a history, in which an old name leads to the new one where that alone is there.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     HistoryValues(accuracy=[0.5])["acc"]
    [0.5]
    """

    def __missing__(self, name: str) -> list[float]:
        new = _NEW.get(name)
        if new is None or new not in self:
            raise KeyError(name)
        tell(f"history[{name!r}]", f"history[{new!r}]")
        return self[new]


def with_new_names(callbacks: Any, metrics: Iterable[Metric]) -> Any:
    """Callbacks whose old names of values are the new ones, where the model has no metric of the old name."""
    known = {metric.name for metric in metrics}
    listed = [callbacks] if isinstance(callbacks, Callback) else callbacks
    if listed is None:
        return callbacks
    listed = list(listed)
    # Of values that the model has by the new name alone.
    renamed = {old: new for old, new in _NEW.items() if old.removeprefix("val_") not in known and _has(known, new)}
    for callback in listed:
        if not isinstance(callback, MonitorCallback):
            continue
        new = renamed.get(callback.monitor)
        if new is not None:
            tell(f"monitor={callback.monitor!r}", f"monitor={new!r}")
            callback._keep(monitor=new)
        if isinstance(callback, ModelCheckpoint):
            for name, written in renamed.items():
                # The whole name, not one that begins with it.
                field = re.compile(rf"\{{{name}(?=[:!}}])")
                if field.search(callback.filepath):
                    tell(f"{{{name}}} in a filepath", f"{{{written}}}")
                    callback._keep(filepath=field.sub(f"{{{written}", callback.filepath))
    return listed


def _has(known: set[str], new: str) -> bool:
    # Accuracy is asked for under other names, too, and a message says so where there is none.
    return new.removeprefix("val_") in (*known, "accuracy")
