"""Names of values that Keras has renamed since: ``acc`` for ``accuracy``, in histories and in what callbacks watch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastnn.callbacks.base import Callback
from fastnn.callbacks.model_checkpoint import ModelCheckpoint
from fastnn.callbacks.monitor import MonitorCallback
from fastnn.keras.translating import tell
from fastnn.metrics.base import Metric

__all__ = ["HistoryValues", "with_new_names"]

_NEW = {"acc": "accuracy", "val_acc": "val_accuracy"}


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
    if "acc" in known or listed is None:
        return callbacks
    listed = list(listed)
    for callback in listed:
        if not isinstance(callback, MonitorCallback):
            continue
        new = _NEW.get(callback.monitor)
        if new is not None:
            tell(f"monitor={callback.monitor!r}", f"monitor={new!r}")
            callback._keep(monitor=new)
        if isinstance(callback, ModelCheckpoint):
            for name, written in _NEW.items():
                if f"{{{name}" in callback.filepath:
                    tell(f"{{{name}}} in a filepath", f"{{{written}}}")
                    callback._keep(filepath=callback.filepath.replace(f"{{{name}", f"{{{written}"))
    return listed
