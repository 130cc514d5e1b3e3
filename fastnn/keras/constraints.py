"""Keras' ``keras.constraints``."""

from fastnn import constraints as ours
from fastnn.constraints import resolve
from fastnn.keras.translating import Translated, attributes

__all__ = ["MaxNorm", "get", "max_norm"]

MaxNorm = max_norm = Translated(ours.MaxNorm, "constraints")
get = resolve

__getattr__ = attributes(__name__)
