"""Keras' ``keras.saving``: models in files, and classes of a user's own, which files know by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastnn.keras.models import load_model, save_model
from fastnn.keras.translating import attributes

__all__ = ["get_registered_object", "load_model", "register_keras_serializable", "save_model"]

__getattr__ = attributes(__name__)

_REGISTERED: dict[str, Any] = {}


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[Any], Any]:
    """Decorate a class or a function of a user's own, which stays as it is.

    Files keep the graph that a ``call`` described, and so need no class to be read; functions come back by
    ``load_model(..., custom_objects={...})``.

    >>> @register_keras_serializable(package="mine")
    ... def double(x):
    ...     return 2 * x
    >>> get_registered_object("mine>double") is double
    True
    """

    def register(thing: Any) -> Any:
        _REGISTERED[f"{package}>{name or thing.__name__}"] = thing
        return thing

    return register


def get_registered_object(name: str) -> Any:
    """What was registered under ``"package>name"``; None where nothing was."""
    return _REGISTERED.get(name)
