"""Keras' ``keras.datasets.mnist``."""

import os

from fastnn.datasets.arrays import Mnist
from fastnn.datasets.mnist import load_mnist
from fastnn.keras.datasets.place import place_of

__all__ = ["load_data"]


def load_data(path: str | os.PathLike[str] = "mnist.npz") -> Mnist:
    """All of MNIST; see `fastnn.datasets.load_mnist`.

    Parameters
    ----------
    path : path-like, default "mnist.npz"
        A file or folder that is there is read. The default is what Keras calls it in its cache, and means fastnn's.
    """
    return load_mnist(place_of(path, "mnist.npz"))
