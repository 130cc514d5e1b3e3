"""The identity matrix."""

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.scalars import finite_number
from fastnn.initializers.base import Initializer

__all__ = ["Identity"]


class Identity(Initializer):
    """``gain`` on the diagonal, 0 elsewhere; the layer hands on what it gets, times the gain.

    Parameters
    ----------
    gain : float, default 1

    Raises
    ------
    ValueError
        When called with a shape that has not two dimensions.

    Examples
    --------
    >>> import numpy as np
    >>> Identity(2.0)((2, 3), np.random.default_rng(0))
    array([[2., 0., 0.],
           [0., 2., 0.]])
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = finite_number(gain, "gain")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        if len(shape) != 2:
            raise ValueError(f"an identity matrix must have two dimensions, but the shape is {shape}")
        return self.gain * np.eye(*shape)
