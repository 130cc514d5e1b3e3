"""Keras' API whole: ``import fastnn.keras as keras``, and a script of dense networks runs.

Old spellings are honoured and told of once a process; what fastnn cannot honour is refused with what to write instead.
docs/coming_from_keras.md has the table of what there is, what lacks and what differs.
"""

import importlib
from typing import TYPE_CHECKING, Any

from fastnn.keras.spellings import MODULES
from fastnn.keras.translating import attributes, old_module

if TYPE_CHECKING:
    from fastnn.keras import (
        activations,
        backend,
        callbacks,
        constraints,
        datasets,
        initializers,
        layers,
        losses,
        metrics,
        models,
        ops,
        optimizers,
        preprocessing,
        regularizers,
        saving,
        utils,
        wrappers,
    )
    from fastnn.keras.functional import Model
    from fastnn.keras.layers import Input, Layer
    from fastnn.keras.sequential import Sequential

__all__ = [
    "Sequential",
    "Model",
    "Input",
    "Layer",
    "activations",
    "backend",
    "callbacks",
    "constraints",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "preprocessing",
    "regularizers",
    "saving",
    "utils",
    "wrappers",
]

# Each is loaded when it is first used; the rest are modules.
_PLACES = {"Sequential": "sequential", "Model": "functional", "Input": "layers", "Layer": "layers"}

for _name in MODULES:
    old_module(_name)

_missing = attributes(__name__)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        # The package's own: it imports this one.
        return importlib.import_module("fastnn").__version__
    if name not in __all__:
        return _missing(name)
    if name not in _PLACES:
        return importlib.import_module(f"{__name__}.{name}")
    value = getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
