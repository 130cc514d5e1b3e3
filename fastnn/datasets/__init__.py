"""The data of the teaching notebook, digits, shipped in part and loadable in full; and others that scripts load."""

from fastnn.datasets.boston_housing import load_boston_housing
from fastnn.datasets.fashion_mnist import load_fashion_mnist
from fastnn.datasets.idx import read_idx
from fastnn.datasets.imdb import load_imdb, load_imdb_word_index
from fastnn.datasets.mnist import load_mnist
from fastnn.datasets.reuters import REUTERS_LABELS, load_reuters, load_reuters_word_index
from fastnn.datasets.sample import load_mnist_sample

__all__ = [
    "REUTERS_LABELS", "load_boston_housing", "load_fashion_mnist", "load_imdb", "load_imdb_word_index", "load_mnist",
    "load_mnist_sample", "load_reuters", "load_reuters_word_index", "read_idx",
]  # fmt: skip
