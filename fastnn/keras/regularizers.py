"""Keras' ``keras.regularizers``."""

from fastnn.keras.translating import attributes
from fastnn.regularizers import L1, L1L2, L2, resolve

__all__ = ["L1", "L1L2", "L2", "get", "l1", "l1_l2", "l2"]

l1, l2, l1_l2 = L1, L2, L1L2
get = resolve

__getattr__ = attributes(__name__)
