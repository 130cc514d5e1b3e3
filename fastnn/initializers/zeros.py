"""Zeros: where biases start."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fastnn.initializers.base import Initializer

__all__ = ["Zeros"]


class Zeros(Initializer):
    """All 0: where biases start.

    Examples
    --------
    >>> import numpy as np
    >>> Zeros()((2,), np.random.default_rng(0))
    array([0., 0.])
    """

    aliases: ClassVar = ("zero",)

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        return np.zeros(shape)
