"""Keras' ``keras.preprocessing``: texts and lists of numbers as rows."""

from fastnn.keras.preprocessing import sequence, text
from fastnn.keras.translating import attributes

__all__ = ["sequence", "text"]

__getattr__ = attributes(__name__)
