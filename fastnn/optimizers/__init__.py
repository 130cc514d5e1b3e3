"""Optimisers: how parameters follow their gradients. Names are Keras', rules are PyTorch's where the two differ.

Each is a plain description; its state (momentum, squares) lives in a training and starts at zero.
"""

from typing import TYPE_CHECKING, Any

from fastnn.optimizers.base import Optimizer
from fastnn.optimizers.descent import SGD

if TYPE_CHECKING:
    from fastnn.optimizers import schedules
    from fastnn.optimizers.adaptive import Adagrad, Adam, AdamW, Nadam, RMSprop
    from fastnn.optimizers.lbfgs import LBFGS
    from fastnn.optimizers.names import resolve

__all__ = ["SGD", "Adagrad", "RMSprop", "Adam", "AdamW", "Nadam", "LBFGS", "Optimizer", "resolve", "schedules"]

# Not needed by every user: loaded when first used.
_LAZY = {
    "adaptive": ("Adagrad", "RMSprop", "Adam", "AdamW", "Nadam"),
    "lbfgs": ("LBFGS",),
    "names": ("resolve",),
    "schedules": ("schedules",),
}


def __getattr__(name: str) -> Any:
    for module, names in _LAZY.items():
        if name in names:
            import importlib

            loaded = importlib.import_module(f"fastnn.optimizers.{module}")
            return loaded if name == module else getattr(loaded, name)
    raise AttributeError(f"module 'fastnn.optimizers' has no attribute {name!r}")
