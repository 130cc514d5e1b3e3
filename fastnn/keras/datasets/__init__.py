"""Keras' ``keras.datasets``: each is a module with ``load_data``."""

from fastnn.keras.datasets import boston_housing, fashion_mnist, imdb, mnist, reuters
from fastnn.keras.translating import attributes

__all__ = ["boston_housing", "fashion_mnist", "imdb", "mnist", "reuters"]

__getattr__ = attributes(__name__)
