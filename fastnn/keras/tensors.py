"""What a model gives when it is called: an array of NumPy, with the methods that scripts call of Keras' tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Tensor", "Variable", "tensor"]


class TensorShape(tuple[int | None, ...]):
    """A shape that gives itself as a list, too.

    >>> TensorShape((2, 3)).as_list()
    [2, 3]
    """

    def as_list(self) -> list[int | None]:
        """The sizes of the axes; None is that of a batch."""
        return list(self)


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

    def get_shape(self) -> TensorShape:
        """The shape, as TensorFlow calls it."""
        return TensorShape(self.shape)

    def __float__(self) -> float:
        # Of any shape with one number, as TensorFlow's.
        return float(self.numpy().item())

    def __int__(self) -> int:
        return int(self.numpy().item())


class Variable(Tensor):
    """An array whose numbers are assigned: TensorFlow's ``tf.Variable``, which no model trains.

    Examples
    --------
    >>> x = Variable([1.0])
    >>> x.assign_add([2.0]).numpy()
    array([3.], dtype=float32)
    """

    def __new__(
        cls, initial_value: ArrayLike, trainable: bool = True, name: str | None = None, dtype: Any = None
    ) -> Variable:
        array = np.array(initial_value, dtype=dtype)
        if dtype is None and array.dtype == np.float64 and not isinstance(initial_value, np.ndarray):
            array = array.astype(np.float32)
        return array.view(cls)

    def assign(self, value: ArrayLike) -> Variable:
        """Replace all numbers."""
        self[...] = value
        return self

    def assign_add(self, value: ArrayLike) -> Variable:
        """Add to all numbers."""
        self[...] = np.add(self, value)
        return self

    def assign_sub(self, value: ArrayLike) -> Variable:
        """Subtract from all numbers."""
        self[...] = np.subtract(self, value)
        return self


def tensor(values: ArrayLike) -> Tensor:
    """Values as a `Tensor`, without a copy where they are an array."""
    return np.asarray(values).view(Tensor)
