"""Ones: where scales start."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fastnn.initializers.base import Initializer

__all__ = ["Ones"]


class Ones(Initializer):
    """All 1: where scales start.

    Examples
    --------
    >>> import numpy as np
    >>> Ones()((2,), np.random.default_rng(0))
    array([1., 1.])
    """

    aliases: ClassVar = ("one",)

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        return np.ones(shape)
