"""Normal random numbers of a given mean and standard deviation."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.scalars import finite_number, non_negative_number
from fastnn.initializers.base import RandomInitializer

__all__ = ["RandomNormal"]


class RandomNormal(RandomInitializer):
    """Normal random numbers.

    Parameters
    ----------
    mean : float, default 0
    stddev : float, default 0.05
        The standard deviation; not negative.
    seed : int, optional
        With it, each call gives the same numbers.

    Examples
    --------
    >>> import numpy as np
    >>> RandomNormal(stddev=0.0)((2,), np.random.default_rng(0))
    array([0., 0.])
    """

    aliases: ClassVar = ("normal",)

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = finite_number(mean, "mean"), non_negative_number(stddev, "stddev")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        return self.mean + self.stddev * self._generator(rng).standard_normal(shape)
