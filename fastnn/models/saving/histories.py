"""Histories in a model's file: plain values, with the same checks when they are written and read."""

from __future__ import annotations

import json
from typing import Any

from fastnn.callbacks.history import History
from fastnn.files.description import described

__all__ = ["plain_dict", "plain_history", "restored_history"]


def plain_dict(value: Any, name: str) -> dict[str, Any]:
    """``value`` itself; TypeError where it is no dict of what JSON can hold."""
    if not isinstance(value, dict):
        raise TypeError(f"{name} must be a dict, but it is {value!r}")
    try:
        json.dumps(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must hold what JSON can, such as numbers, strings and lists: {error}") from error
    return value


def plain_history(history: History) -> dict[str, Any]:
    """A history as plain values, checked as when it is read."""
    epochs = {name: history.epochs_of(name) for name in history.history}
    content = described(
        {
            "epoch": history.epoch,
            "history": history.history,
            # Those that are not of all epochs.
            "epochs": {name: numbers for name, numbers in epochs.items() if numbers != history.epoch},
            "params": history.params,
        }
    )
    return {**content, "history": restored_history(content).history}


def restored_history(content: dict[str, Any]) -> History:
    """The inverse of `plain_history`.

    Raises
    ------
    AttributeError, KeyError, TypeError, ValueError
        When it is anything else: words for numbers, more values than epochs.
    """
    history = History()
    history.epoch = _numbers(content["epoch"], int, "epoch")
    history.history = {
        name: [float(value) for value in _numbers(values, int | float, name)]
        for name, values in content["history"].items()
    }
    history.params = plain_dict(content["params"], "the history's params")
    some = dict(plain_dict(content.get("epochs", {}), "the history's epochs"))
    for name, values in history.history.items():
        epochs = history.epoch if name not in some else _numbers(some.pop(name), int, name)
        if len(epochs) != len(values):
            raise ValueError(f"the history's {name!r} has {len(values)} values, but for {len(epochs)} epochs")
        history.take(name, epochs)
    if some:
        raise ValueError(f"the history has epochs of {', '.join(map(repr, some))}, but no values")
    return history


def _numbers(values: Any, kind: Any, name: str) -> list[Any]:
    if not isinstance(values, list):
        raise TypeError(f"the history's {name!r} must be a list of numbers, but it is {values!r}")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, kind):
            raise TypeError(f"the history's {name!r} must hold numbers, but one is {value!r}")
    return values
