"""Orthogonal matrices."""

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.scalars import finite_number
from fastnn.initializers.base import RandomInitializer

__all__ = ["Orthogonal"]


class Orthogonal(RandomInitializer):
    """A random matrix whose columns, or rows where there are fewer, are orthogonal (Saxe et al. 2014).

    Parameters
    ----------
    gain : float, default 1
        What the matrix is multiplied by.
    seed : int, optional
        With it, each call gives the same numbers.

    Raises
    ------
    ValueError
        When called with a shape that has not two dimensions.

    Examples
    --------
    >>> import numpy as np
    >>> q = Orthogonal()((3, 2), np.random.default_rng(0))
    >>> np.allclose(q.T @ q, np.eye(2))
    True
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = finite_number(gain, "gain")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        if len(shape) != 2:
            raise ValueError(f"an orthogonal matrix must have two dimensions, but the shape is {shape}")
        tall = self._generator(rng).standard_normal((max(shape), min(shape)))
        q, r = np.linalg.qr(tall)
        # The signs make the distribution uniform, whatever LAPACK chose.
        scaled: NDArray[np.float64] = self.gain * q * np.sign(np.diagonal(r))
        return scaled if shape[0] >= shape[1] else scaled.T
