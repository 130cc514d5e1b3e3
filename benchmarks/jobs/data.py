"""The jobs' samples and first weights, the same on every machine."""

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = tuple[NDArray[Any], NDArray[Any]]

# The share of inputs that `sparse_classes` leaves.
FILLED = 0.2


@dataclass(frozen=True)
class Source:
    """Where samples come from.

    Attributes
    ----------
    load : callable
        Takes the number of samples and the network's sizes; returns x and y.
    missing : callable
        Says what this machine lacks, or returns None.
    """

    load: Callable[[int, tuple[int, ...]], Samples]
    missing: Callable[[], str | None] = lambda: None


def parameters(sizes: tuple[int, ...]) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Every layer's weights and bias, drawn from one seed."""
    rng = np.random.default_rng(0)
    layers = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        # Rounded to float32 here, so that float64 and float32 peers start at the same point.
        scale = 1.0 / np.sqrt(fan_in + fan_out)
        weights = (rng.standard_normal((fan_in, fan_out)) * scale).astype(np.float32)
        bias = (rng.standard_normal((1, fan_out)) * scale).astype(np.float32)
        layers.append((weights, bias))
    return layers


def _digits(x: NDArray[Any], labels: NDArray[Any], samples: int) -> Samples:
    return x[:samples].astype(np.float32) / 255, np.eye(10, dtype=np.float32)[labels[:samples]]


def mnist_sample(samples: int, sizes: tuple[int, ...]) -> Samples:
    """The images that ship with fastnn."""
    import fastnn

    (x, labels), _ = fastnn.datasets.load_mnist_sample()
    return _digits(x, labels, samples)


def mnist(samples: int, sizes: tuple[int, ...]) -> Samples:
    """The first images of the whole MNIST."""
    import fastnn

    (x, labels), _ = fastnn.datasets.load_mnist()
    return _digits(x, labels, samples)


def mnist_bytes(samples: int, sizes: tuple[int, ...]) -> Samples:
    """The same as they lie in the file: a byte for each pixel."""
    import fastnn

    (x, labels), _ = fastnn.datasets.load_mnist()
    return x[:samples], np.eye(10, dtype=np.float32)[labels[:samples]]


def mnist_missing() -> str | None:
    """A benchmark downloads nothing: it takes MNIST from where `load_mnist` finds it on this machine."""
    from fastnn.datasets.download import cache_folder

    named = os.environ.get("FASTNN_DATA")
    folder = Path(named).expanduser() if named else cache_folder()
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        return None
    return "the full MNIST is not in the cache: `make data` puts it there"


def gaussian(samples: int, sizes: tuple[int, ...]) -> Samples:
    """Gaussian inputs, none of them zero, and a smooth function of them with one output or more."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((samples, sizes[0]), dtype=np.float32)
    directions = rng.standard_normal((sizes[0], sizes[-1])) / np.sqrt(sizes[0])
    projected = x @ directions
    return x, (np.sin(projected) + projected**2 / 4).astype(np.float32)


def gaussian_classes(samples: int, sizes: tuple[int, ...]) -> Samples:
    """Gaussian inputs, and the one of their random projections that is largest as their class."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((samples, sizes[0]), dtype=np.float32)
    classes = (x @ rng.standard_normal((sizes[0], sizes[-1]))).argmax(axis=1)
    return x, np.eye(sizes[-1], dtype=np.float32)[classes]


def sparse_classes(samples: int, sizes: tuple[int, ...]) -> Samples:
    """The same, with all but a fifth of the inputs zero, as in images and counts."""
    x, _ = gaussian(samples, sizes)
    rng = np.random.default_rng(2)
    x *= rng.random(x.shape, dtype=np.float32) < FILLED
    classes = (x @ rng.standard_normal((sizes[0], sizes[-1]))).argmax(axis=1)
    return x, np.eye(sizes[-1], dtype=np.float32)[classes]


SOURCES: dict[str, Source] = {
    "mnist-sample": Source(mnist_sample),
    "mnist": Source(mnist, mnist_missing),
    "mnist-bytes": Source(mnist_bytes, mnist_missing),
    "gaussian": Source(gaussian),
    "gaussian-classes": Source(gaussian_classes),
    "sparse-classes": Source(sparse_classes),
}
