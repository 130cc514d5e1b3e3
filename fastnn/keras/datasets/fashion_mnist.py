"""Keras' ``keras.datasets.fashion_mnist``."""

from fastnn.datasets.arrays import Mnist
from fastnn.datasets.fashion_mnist import load_fashion_mnist

__all__ = ["load_data"]


def load_data() -> Mnist:
    """All of Fashion-MNIST; see `fastnn.datasets.load_fashion_mnist`."""
    return load_fashion_mnist()
