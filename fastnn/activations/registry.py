"""The registry of activations."""

from fastnn.activations import kinds
from fastnn.activations.base import ActivationKind
from fastnn.registry import Registry, Without
from fastnn_ext.tables.enums import Activation as Engine

__all__ = ["ACTIVATIONS", "of_engine"]

ACTIVATIONS: Registry[ActivationKind] = Registry(
    "activation",
    "fastnn.activations.kinds",
    dict.fromkeys(kinds.LAYERS, "KIND"),
    "a pair of a function and its derivative",
)


def of_engine(number: Engine) -> ActivationKind:
    """The activation of the engine's number.

    >>> of_engine(Engine.TANH)
    <activation tanh>
    """
    return next(kind for kind in ACTIVATIONS if not isinstance(kind.engine, Without) and kind.engine == number)
