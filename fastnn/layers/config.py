"""A layer's arguments as plain values, with Keras' keys for objects within them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from fastnn import constraints, initializers, regularizers
from fastnn.checking.strict import Strict
from fastnn.layers.applied import AppliedActivation

__all__ = ["Configured", "argument_of", "plain_value"]

_MODULES = (regularizers, constraints, initializers)


class Configured(Strict):
    """What is made of arguments that can be written down."""

    def configuration(self) -> dict[str, Any]:
        """The constructor's arguments, for saving."""
        raise NotImplementedError

    def starts(self) -> dict[str, Any]:
        """The initialisers, which `configuration` leaves out, as a file has the weights themselves."""
        return {name: value for name, value in vars(self).items() if name.endswith("_initializer")}

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain values; a layer of `from_config` has weights of its own.

        Raises
        ------
        TypeError
            For a function of your own among them.

        Examples
        --------
        >>> from fastnn.layers import Dense
        >>> Dense(3, "relu", name="first").get_config()["activation"]
        'relu'
        """
        return {name: plain_value(value) for name, value in (self.configuration() | self.starts()).items()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A layer of what `get_config` gave. Nothing in it is run; TypeError or ValueError where it does not fit."""
        if not isinstance(config, Mapping):
            raise TypeError(f"config must be what get_config gave, a dict, but it is a {type(config).__name__}")
        return cls(**{name: argument_of(value) for name, value in config.items()})


def plain_value(value: Any) -> Any:
    """An argument as plain values; TypeError for a function of the user's own, which a configuration cannot hold.

    >>> from fastnn.regularizers import L2
    >>> plain_value(L2(0.5))
    {'class_name': 'L1L2', 'config': {'l1': 0.0, 'l2': 0.5}}
    """
    if isinstance(value, AppliedActivation):
        if value.functions is not None:
            raise TypeError(f"the activation {value.name} is of your own, and a configuration holds no code")
        return value.configuration()
    if isinstance(value, list | tuple):
        return [plain_value(one) for one in value]
    if value is None or isinstance(value, bool | int | float | str | Mapping):
        return value
    # L1 and L2 are told by the numbers of both.
    kind = regularizers.L1L2 if isinstance(value, regularizers.L1L2) else type(value)
    if not any(getattr(module, kind.__name__, None) is kind for module in _MODULES):
        raise TypeError(f"{value!r} is of your own, and a configuration holds no code")
    return {"class_name": kind.__name__, "config": value.configuration()}


def argument_of(value: Any) -> Any:
    """The inverse of `plain_value`; nothing in it is run, and no class but those of this package is made.

    Raises
    ------
    ValueError
        For another class.
    """
    if not isinstance(value, Mapping) or "class_name" not in value:
        return value
    name = value["class_name"]
    for module in _MODULES:
        kind = getattr(module, name) if name in module.__all__ else None
        if isinstance(kind, type):
            return kind(**value.get("config", {}))
    raise ValueError(f"{name!r} is no class of fastnn.regularizers, fastnn.constraints or fastnn.initializers")
