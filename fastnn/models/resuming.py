"""The state of callbacks, which a training needs beside weights and optimiser to be resumed from a file.

A model may be saved while callbacks are told of an epoch's end: those behind the one that saves have not been told yet.
They are told when the training is resumed, with the values of that epoch, before the next one begins.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fastnn.callbacks.base import Callback, CallbackList

__all__ = ["Record", "Resumption", "resumption_of", "take_up"]


@dataclass(eq=False)
class Record:
    """One callback: its class' name, its settings, its state, and whether it was told of the epoch's end."""

    kind: str
    settings: dict[str, Any]
    state: dict[str, Any]
    told: bool


@dataclass(eq=False)
class Resumption:
    """The callbacks of a training when it was saved.

    Attributes
    ----------
    epoch : int or None
        The epoch of whose end some were still to be told.
    logs : dict of str to float
        Its values.
    callbacks : list of Record
    """

    epoch: int | None = None
    logs: dict[str, float] = field(default_factory=dict)
    callbacks: list[Record] = field(default_factory=list)


def resumption_of(watchers: CallbackList) -> Resumption:
    """The current state of the callbacks of a training."""
    ending = watchers.ending
    epoch, logs, place = (None, {}, len(watchers.callbacks)) if ending is None else ending
    records = []
    for number, callback in enumerate(watchers.callbacks):
        state = callback.get_state()
        if not isinstance(state, dict):
            raise TypeError(f"get_state of {type(callback).__name__} must return a dict, but it returned {state!r}")
        records.append(Record(_kind(callback), watchers.settings[number], _kept(state), number <= place))
    if all(record.told for record in records):
        return Resumption(callbacks=records)
    return Resumption(epoch, dict(logs), records)


def _kept(value: Any) -> Any:
    """A copy of a state that its callback cannot change: lists and dicts are copied, arrays are never written to."""
    if isinstance(value, list | tuple):
        return [_kept(item) for item in value]
    return {name: _kept(item) for name, item in value.items()} if isinstance(value, dict) else value


def _kind(callback: Callback) -> str:
    """The name of a class in records, which tells a user's class from one of the package's with the same name."""
    own = not type(callback).__module__.startswith("fastnn.callbacks.")
    return f"{'own ' * own}{type(callback).__name__}"


def take_up(resumption: Resumption, watchers: CallbackList) -> list[Callback]:
    """Restore the states of callbacks by class and settings; return those that were not told of the epoch's end.

    Of several with the same class and settings, the first is the first.
    """
    records = list(resumption.callbacks)
    untold = []
    for callback, settings in zip(watchers.callbacks, watchers.settings, strict=True):
        kind = _kind(callback)
        for place, record in enumerate(records):
            if record.kind == kind and record.settings == settings:
                del records[place]
                if record.state:
                    callback.set_state(record.state)
                if not record.told:
                    untold.append(callback)
                break
    return untold
