"""He's normal initializer, for rectified units."""

from fastnn.initializers.he_uniform import HeUniform

__all__ = ["HeNormal"]


class HeNormal(HeUniform):
    """Normal, of variance ``2 / fan_in``, truncated at two standard deviations: for rectified units.

    Parameters
    ----------
    seed : int, optional
        With it, each call gives the same numbers.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(HeNormal()((500, 500), np.random.default_rng(0)).std()), 3)
    0.063
    """

    uniform = False
