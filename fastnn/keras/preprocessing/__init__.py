"""Keras' ``keras.preprocessing``: pictures, texts and lists of numbers."""

from fastnn.keras.preprocessing import image, sequence, text
from fastnn.keras.translating import attributes

__all__ = ["image", "sequence", "text"]

__getattr__ = attributes(__name__)
