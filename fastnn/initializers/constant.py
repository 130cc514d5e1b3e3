"""One number for every weight."""

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.scalars import finite_number
from fastnn.initializers.base import Initializer

__all__ = ["Constant"]


class Constant(Initializer):
    """All one number.

    Parameters
    ----------
    value : float, default 0
        Finite.

    Examples
    --------
    >>> import numpy as np
    >>> Constant(0.5)((2,), np.random.default_rng(0))
    array([0.5, 0.5])
    """

    def __init__(self, value: float = 0.0) -> None:
        # An array of one number is it, as in Keras.
        one = value.item() if isinstance(value, np.ndarray) and value.size == 1 else value
        self.value = finite_number(one, "value")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        return np.full(shape, self.value)
