"""The options of a layer of Keras, of which none may be passed over."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = ["Options", "finite_option"]

# Options that say nothing of what a layer computes.
_IGNORED = {"name", "dtype", "trainable", "seed", "synchronized", "renorm_momentum", "batch_shape", "batch_input_shape"}


class Options:
    """A layer's options, and which of them have been read."""

    def __init__(self, config: Mapping[str, Any], custom_objects: Mapping[str, Any]) -> None:
        self.config, self.custom_objects = config, custom_objects
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return self.config[name]

    def get(self, name: str) -> Any:
        self.read.add(name)
        return self.config.get(name)

    def number(self, name: str, default: float | None = None) -> float:
        """A finite number; with a default it may be missing or null."""
        return finite_option(name, self[name] if default is None else self.get(name) or default)

    def switch(self, name: str) -> bool:
        value = self[name]
        if not isinstance(value, bool):
            raise TypeError(f"{name} must be true or false, but it is {value!r}")
        return value

    def last_axis(self, *, may_be_first: bool = False) -> None:
        """Rows have one axis but the batch's: what normalises over axis 1 does so over the last."""
        axis = self["axis"]
        if axis not in (-1, [-1], (-1,)) and not (may_be_first and axis in (1, [1], (1,))):
            raise ValueError(f"its axis is {axis!r}, but fastnn has the last one, -1")

    def finish(self) -> None:
        for name, value in self.config.items():
            if value and name not in self.read | _IGNORED and not name.endswith("_initializer"):
                raise ValueError(f"it has {name}={value!r}, which fastnn has not")


def finite_option(name: str, value: Any) -> float:
    """``value`` as a float; ValueError, which names the option, where it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, but it is {value!r}")
    return float(value)
