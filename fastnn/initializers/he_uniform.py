"""He's uniform initializer, for rectified units."""

from fastnn.initializers.scaled import Scaled

__all__ = ["HeUniform"]


class HeUniform(Scaled):
    """Uniform, of variance ``2 / fan_in``: for rectified units (He et al. 2015, equation 10).

    Parameters
    ----------
    seed : int, optional
        With it, each call gives the same numbers.

    Examples
    --------
    >>> import numpy as np
    >>> HeUniform()((3, 2), np.random.default_rng(0)).shape
    (3, 2)
    """

    scale = 2.0
    uniform = True
