"""Glorot's normal initializer, also called Xavier's."""

from fastnn.initializers.glorot_uniform import GlorotUniform

__all__ = ["GlorotNormal"]


class GlorotNormal(GlorotUniform):
    """Normal, of variance ``2 / (fan_in + fan_out)``, truncated at two standard deviations.

    Parameters
    ----------
    seed : int, optional
        With it, each call gives the same numbers.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(GlorotNormal()((500, 500), np.random.default_rng(0)).std()), 3)
    0.045
    """

    uniform = False
