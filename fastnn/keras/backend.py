"""Keras' ``keras.backend``: what models begin with, and functions of arrays for metrics of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.keras.array_functions import ARRAY_FUNCTIONS
from fastnn.keras.functional import Model
from fastnn.keras.session import SESSION
from fastnn.keras.translating import attributes

__all__ = [
    "backend", "clear_session", "epsilon", "floatx", "function", "get_value", "image_data_format", "set_floatx",
    "set_value",
]  # fmt: skip
__all__ += list(ARRAY_FUNCTIONS)

_missing = attributes(__name__)


def __getattr__(name: str) -> Any:
    # Not as names of this module, where they would hide Python's own.
    return ARRAY_FUNCTIONS[name] if name in ARRAY_FUNCTIONS else _missing(name)


def clear_session() -> None:
    """Do nothing: a model is freed with its last reference, and the names of layers are counted in each model."""


def backend() -> str:
    """What computes: ``"fastnn"``."""
    return "fastnn"


def floatx() -> str:
    """The type of new models' numbers: ``"float32"``, or ``"float64"``."""
    return SESSION.floatx


def set_floatx(value: Any) -> None:
    """Choose the type of the numbers of models that are made from now on, ``"float32"`` or ``"float64"``."""
    SESSION.set_floatx(value)


def epsilon() -> float:
    """Keras' small number, 1e-7. fastnn's losses and optimisers have numbers of their own."""
    return 1e-7


def image_data_format() -> str:
    """``"channels_last"``: pictures are taken as they lie."""
    return "channels_last"


def get_value(x: Any) -> NDArray[Any]:
    """The numbers of a layer's array, a rate or what a model gives, as an array.

    >>> get_value(3.0)
    array(3.)
    """
    return np.array(x.numpy() if hasattr(x, "numpy") else x)


def set_value(x: Any, value: Any) -> None:
    """Give a layer's array, or ``model.optimizer.learning_rate``, other numbers; TypeError for what has no assign.

    >>> from fastnn.keras.optimizers import Adam
    >>> optimizer = Adam()
    >>> set_value(optimizer.learning_rate, 0.5)
    >>> optimizer.learning_rate
    0.5
    """
    if not hasattr(x, "assign"):
        raise TypeError(f"set_value is for arrays of layers and a learning_rate, but this is a {type(x).__name__}")
    x.assign(value)


def function(inputs: Sequence[Any], outputs: Sequence[Any]) -> Callable[[Sequence[Any]], list[NDArray[Any]]]:
    """A function from data of inputs to outputs, such as ``layer.output``: lists of symbolic tensors.

    >>> from fastnn.keras import Sequential, layers
    >>> model = Sequential([layers.Dense(3, input_dim=2), layers.Dense(1)])
    >>> first = function([model.input], [model.layers[0].output])
    >>> first([np.ones((5, 2))])[0].shape
    (5, 3)
    """
    model = Model(list(inputs), list(outputs))

    def compute(data: Sequence[Any]) -> list[NDArray[Any]]:
        found = model.predict(list(data))
        return found if isinstance(found, list) else [found]

    return compute
