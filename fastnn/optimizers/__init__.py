"""Optimisers: how parameters follow their gradients. Names are Keras', rules are PyTorch's where the two differ.

Each is a plain description; its state (momentum, squares) lives in a training and starts at zero.

This is the list of all optimisers, a file each. A new one needs its rule in the engine, its file here, a line in each
of the three parts of this list, and a line in the table of docs/models.md.
"""

from typing import TYPE_CHECKING, Any

from fastnn.optimizers.base import Optimizer

if TYPE_CHECKING:
    from fastnn.optimizers import schedules
    from fastnn.optimizers.adadelta import Adadelta
    from fastnn.optimizers.adagrad import Adagrad
    from fastnn.optimizers.adam import Adam
    from fastnn.optimizers.adamax import Adamax
    from fastnn.optimizers.adamw import AdamW
    from fastnn.optimizers.lbfgs import LBFGS
    from fastnn.optimizers.lion import Lion
    from fastnn.optimizers.nadam import Nadam
    from fastnn.optimizers.names import resolve
    from fastnn.optimizers.rmsprop import RMSprop
    from fastnn.optimizers.sgd import SGD

# Checkers of types and editors read this as it stands.
__all__ = [
    "SGD",
    "Adagrad",
    "Adadelta",
    "RMSprop",
    "Adam",
    "AdamW",
    "Nadam",
    "Adamax",
    "Lion",
    "LBFGS",
    "Optimizer",
    "resolve",
    "schedules",
]

# The class of each optimiser by its name, which is also its file's.
CLASSES = {
    "sgd": "SGD",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "adamw": "AdamW",
    "nadam": "Nadam",
    "adamax": "Adamax",
    "lion": "Lion",
    "lbfgs": "LBFGS",
}

# Not needed by every user: loaded when first used.
_PLACES = {"resolve": "names", "schedules": "schedules"} | {name: file for file, name in CLASSES.items()}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        import importlib

        loaded = importlib.import_module(f"fastnn.optimizers.{_PLACES[name]}")
        return loaded if name == _PLACES[name] else getattr(loaded, name)
    raise AttributeError(f"module 'fastnn.optimizers' has no attribute {name!r}")
