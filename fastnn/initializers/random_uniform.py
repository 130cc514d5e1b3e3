"""Uniform random numbers between two limits."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.scalars import finite_number
from fastnn.initializers.base import RandomInitializer

__all__ = ["RandomUniform"]


class RandomUniform(RandomInitializer):
    """Uniform random numbers from `minval` to `maxval`.

    Parameters
    ----------
    minval, maxval : float, default -0.05 and 0.05
    seed : int, optional
        With it, each call gives the same numbers.

    Raises
    ------
    ValueError
        If `minval` is above `maxval`.

    Examples
    --------
    >>> import numpy as np
    >>> RandomUniform(1.0, 1.0)((2,), np.random.default_rng(0))
    array([1., 1.])
    """

    aliases: ClassVar = ("uniform",)

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval, self.maxval = finite_number(minval, "minval"), finite_number(maxval, "maxval")
        if self.minval > self.maxval:
            raise ValueError(f"minval must be at most maxval, but they are {self.minval} and {self.maxval}")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        return self._generator(rng).uniform(self.minval, self.maxval, shape)
