"""LeCun's uniform initializer."""

from fastnn.initializers.scaled import Scaled

__all__ = ["LecunUniform"]


class LecunUniform(Scaled):
    """Uniform, of variance ``1 / fan_in`` (LeCun et al. 1998).

    Parameters
    ----------
    seed : int, optional
        With it, each call gives the same numbers.

    Examples
    --------
    >>> import numpy as np
    >>> LecunUniform()((3, 2), np.random.default_rng(0)).shape
    (3, 2)
    """

    uniform = True
