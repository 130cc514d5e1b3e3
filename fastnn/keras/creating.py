"""Arrays that Keras' backend and TensorFlow make: of one number, and at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastnn.keras.session import SESSION
from fastnn.keras.tensors import Tensor, tensor

__all__ = ["constant", "one_hot", "ones", "random_normal", "random_uniform", "zeros"]


def constant(
    value: ArrayLike, dtype: Any = None, shape: Sequence[int] | None = None, name: str | None = None
) -> Tensor:
    """An array that has ``numpy()``; Python's floats are float32, as in TensorFlow.

    >>> constant([1.0, 2.0]).dtype
    dtype('float32')
    """
    array = np.asarray(value, dtype=dtype)
    # Arrays keep their type.
    if dtype is None and array.dtype == np.float64 and not isinstance(value, np.ndarray | np.generic):
        array = array.astype(np.float32)
    if dtype is None and array.dtype == np.int64 and not isinstance(value, np.ndarray | np.generic):
        array = array.astype(np.int32)
    return tensor(array if shape is None else np.broadcast_to(array, shape).copy())


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Zeros, float32 by default."""
    return tensor(np.zeros(shape, dtype=np.float32 if dtype is None else dtype))


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Ones, float32 by default."""
    return tensor(np.ones(shape, dtype=np.float32 if dtype is None else dtype))


def random_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: int | None = None
) -> Tensor:
    """Normal numbers; after ``set_random_seed`` the same ones in each process.

    >>> random_normal((2, 3)).shape
    (2, 3)
    """
    drawn = SESSION.generator(seed).normal(mean, stddev, _size(shape))
    return tensor(drawn.astype(np.float32 if dtype is None else dtype))


def random_uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: int | None = None
) -> Tensor:
    """Numbers from ``minval`` to below ``maxval``; whole ones of a whole type."""
    kind = np.dtype(np.float32 if dtype is None else dtype)
    size = _size(shape)
    generator = SESSION.generator(seed)
    draw: Any = generator.uniform if kind.kind == "f" else generator.integers
    drawn = draw(minval, maxval, size)
    return tensor(drawn.astype(kind))


def one_hot(indices: ArrayLike, depth: int) -> Tensor:
    """A row of zeros and a one for each number; of zeros alone for a number outside.

    >>> one_hot([1], 3).numpy()
    array([[0., 1., 0.]], dtype=float32)
    """
    return tensor((np.asarray(indices)[..., None] == np.arange(depth)).astype(np.float32))


def _size(shape: Any) -> tuple[int, ...]:
    listed = list(np.asarray(shape, dtype=object).ravel())
    if None in listed:
        raise TypeError(
            "random numbers are drawn for arrays of a known shape: in a model keras.layers.GaussianNoise(stddev) adds "
            "normal ones in training"
        )
    return tuple(int(one) for one in listed)
