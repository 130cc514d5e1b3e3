"""What a model gives when it is called: an array of NumPy, with the methods that scripts call of Keras' tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Tensor", "tensor"]


class Tensor(np.ndarray[Any, np.dtype[Any]]):
    """An array that has ``numpy()``.

    Examples
    --------
    >>> tensor([1, 2]).numpy()
    array([1, 2])
    """

    def numpy(self) -> NDArray[Any]:
        """The same numbers as a plain array."""
        return np.asarray(self)


def tensor(values: ArrayLike) -> Tensor:
    """Values as a `Tensor`, without a copy where they are an array."""
    return np.asarray(values).view(Tensor)
