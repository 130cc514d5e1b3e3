"""LeCun's normal initializer, for self-normalising networks."""

from fastnn.initializers.lecun_uniform import LecunUniform

__all__ = ["LecunNormal"]


class LecunNormal(LecunUniform):
    """Normal, of variance ``1 / fan_in``, truncated at two standard deviations.

    Self-normalising networks of `SELU` need it (Klambauer et al. 2017).

    Parameters
    ----------
    seed : int, optional
        With it, each call gives the same numbers.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(LecunNormal()((500, 500), np.random.default_rng(0)).std()), 3)
    0.045
    """

    uniform = False
