"""The data of the teaching notebook: handwritten digits, shipped in part and loadable in full."""

from fastnn.datasets.idx import read_idx
from fastnn.datasets.mnist import load_mnist
from fastnn.datasets.sample import load_mnist_sample

__all__ = ["load_mnist", "load_mnist_sample", "read_idx"]
