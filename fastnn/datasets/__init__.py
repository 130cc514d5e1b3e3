"""The data of the teaching notebook, digits, shipped in part and loadable in full; and others that scripts load."""

from fastnn.datasets.boston_housing import load_boston_housing
from fastnn.datasets.fashion_mnist import load_fashion_mnist
from fastnn.datasets.idx import read_idx
from fastnn.datasets.mnist import load_mnist
from fastnn.datasets.sample import load_mnist_sample

__all__ = ["load_mnist", "load_mnist_sample", "load_fashion_mnist", "load_boston_housing", "read_idx"]
