"""Normal random numbers without those far out."""

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.scalars import finite_number, non_negative_number
from fastnn.initializers.base import RandomInitializer
from fastnn.initializers.scaled import truncated_normal

__all__ = ["TruncatedNormal"]


class TruncatedNormal(RandomInitializer):
    """Normal random numbers, drawn again where they are beyond two standard deviations from the mean.

    Parameters
    ----------
    mean : float, default 0
    stddev : float, default 0.05
        Of the distribution before it is cut off; not negative.
    seed : int, optional
        With it, each call gives the same numbers.

    Examples
    --------
    >>> import numpy as np
    >>> numbers = TruncatedNormal(mean=1.0, stddev=0.5)((1000,), np.random.default_rng(0))
    >>> bool(numbers.min() >= 0 and numbers.max() <= 2)
    True
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = finite_number(mean, "mean"), non_negative_number(stddev, "stddev")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        return self.mean + self.stddev * truncated_normal(shape, self._generator(rng))
