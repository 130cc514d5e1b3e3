"""Keras' ``keras.backend``: what models begin with. Its functions of tensors are NumPy's."""

from typing import Any

from fastnn.keras.session import SESSION
from fastnn.keras.translating import attributes

__all__ = ["backend", "clear_session", "epsilon", "floatx", "image_data_format", "set_floatx"]

__getattr__ = attributes(__name__)


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
