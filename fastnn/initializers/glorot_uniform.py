"""Glorot's uniform initializer, also called Xavier's: Keras' default for kernels."""

from fastnn.initializers.scaled import Scaled

__all__ = ["GlorotUniform"]


class GlorotUniform(Scaled):
    """Uniform, of variance ``2 / (fan_in + fan_out)`` (Glorot and Bengio 2010, equation 16).

    Parameters
    ----------
    seed : int, optional
        With it, each call gives the same numbers.

    Examples
    --------
    >>> import numpy as np
    >>> bool(np.abs(GlorotUniform()((50, 50), np.random.default_rng(0))).max() <= np.sqrt(6 / 100))
    True
    """

    uniform = True

    def fan(self, shape: tuple[int, ...]) -> float:
        return (shape[0] + shape[-1]) / 2
