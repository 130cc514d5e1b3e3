"""The states of callbacks during training, as plain values that a model's file can hold."""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

__all__ = ["FLAG", "NAMES", "NUMBER_OR_NONE", "WEIGHTS_OR_NONE", "WHOLE", "Kind", "check_state", "settings_of"]

# More than any training has of epochs or batches.
_MOST = 1 << 62
# Arguments that say where something is written or told of, and not how training goes. A log file is part of its state.
_WITHOUT_EFFECT = {"self", "verbose", "filepath", "log_dir", "append"}


class Kind(NamedTuple):
    """What a value of a state may be: a description for messages, and a test."""

    words: str
    fits: Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


WHOLE = Kind("a whole number of at least 0", lambda value: type(value) is int and 0 <= value <= _MOST)
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
# NaN is never the best.
NUMBER_OR_NONE = Kind("a number or none", lambda value: value is None or (_is_number(value) and value == value))
NAMES = Kind("a list of names", lambda value: isinstance(value, list) and all(isinstance(name, str) for name in value))
WEIGHTS_OR_NONE = Kind(
    "a list of finite arrays, or none",
    lambda value: (
        value is None
        or (isinstance(value, list) and all(isinstance(a, np.ndarray) and np.isfinite(a).all() for a in value))
    ),
)


def check_state(kinds: Mapping[str, Kind], state: Any, who: str) -> None:
    """Raise ValueError where a state is not one of these names, with values of these kinds.

    >>> check_state({"wait": WHOLE}, {"wait": -1}, "EarlyStopping")
    Traceback (most recent call last):
    ...
    ValueError: the state of EarlyStopping has wait=-1, but it must be a whole number of at least 0
    """
    if not isinstance(state, dict) or set(state) != set(kinds):
        there = ", ".join(map(str, state)) if isinstance(state, dict) else reprlib.repr(state)
        raise ValueError(f"the state of {who} must have {', '.join(kinds)}, but it has {there}")
    for name, kind in kinds.items():
        if not kind.fits(state[name]):
            raise ValueError(f"the state of {who} has {name}={reprlib.repr(state[name])}, but it must be {kind.words}")


def settings_of(callback: object) -> dict[str, Any]:
    """The plain arguments that a callback was made with, where it keeps them under their names.

    >>> from fastnn.callbacks import ReduceLROnPlateau
    >>> settings_of(ReduceLROnPlateau(patience=3))["patience"]
    3
    """
    names = [name for name in inspect.signature(type(callback).__init__).parameters if name not in _WITHOUT_EFFECT]
    values = {name: getattr(callback, name, None) for name in names}
    return {name: value for name, value in values.items() if isinstance(value, bool | int | float | str)}
