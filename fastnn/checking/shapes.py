"""Shapes of samples, without the axis of the batch."""

from collections.abc import Sequence

import numpy as np

__all__ = ["Shape", "checked_shape"]

Shape = tuple[int, ...]


def checked_shape(value: object, name: str) -> Shape:
    """``value`` as a tuple of positive int.

    >>> checked_shape([28, 28], "input_shape")
    (28, 28)
    """
    sizes: Sequence[object] = value if isinstance(value, tuple | list) else (value,)
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, int | np.integer):
            raise TypeError(f"{name} must be a tuple of integers, the shape of one sample, but it is {value!r}")
        if size < 1:
            raise ValueError(f"{name} must have sizes of at least 1, but it is {value!r}")
    if not sizes:
        raise ValueError(f"{name} must have at least one size, but it is {value!r}")
    return tuple(int(size) for size in sizes)  # type: ignore[call-overload]
