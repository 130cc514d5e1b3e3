"""A layer's array as users see it: NumPy's, with what Keras' variables have beside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.numbers import replacement

__all__ = ["LayerArray"]


class LayerArray(np.ndarray[Any, np.dtype[Any]]):
    """An array of a layer, such as ``layer.kernel``: a view, so that what is written into it is the layer's.

    What is computed from it is a plain array.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input
    >>> from fastnn.models import Sequential
    >>> model = Sequential([Input((2,)), Dense(1)])
    >>> model.layers[0].bias.assign([3.0])
    LayerArray([3.], dtype=float32)
    >>> model.predict([[0.0, 0.0]])
    array([[3.]], dtype=float32)
    """

    def assign(self, value: ArrayLike) -> LayerArray:
        """Replace all numbers; return the array.

        Raises
        ------
        TypeError, ValueError
            For another shape, or for what are no finite real numbers of the layer's dtype; nothing has changed then.
        """
        self[...] = replacement(self, value, "the new value")
        return self

    def assign_add(self, delta: ArrayLike) -> LayerArray:
        """Add numbers of the same shape."""
        return self.assign(np.add(self, delta))

    def assign_sub(self, delta: ArrayLike) -> LayerArray:
        """Subtract numbers of the same shape."""
        return self.assign(np.subtract(self, delta))

    def numpy(self) -> NDArray[Any]:
        """A copy as a plain array."""
        return np.array(self)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        # A method that changes the layer must not be there where it would change another array.
        plain = np.asarray(array)
        return plain[()] if return_scalar else plain
