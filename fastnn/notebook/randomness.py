"""Where the notebook's API draws its random numbers from: the caller's generator, or else NumPy's global one.

Teaching code calls ``numpy.random.seed`` and expects the same weights again. Everything else in the package draws from
generators that are passed to it.
"""

from __future__ import annotations

# Annotations stay text: to look numpy.random up at import would load it, which takes longer than all of this package.
import numpy

__all__ = ["generator_or_global"]


def generator_or_global(rng: numpy.random.Generator | None) -> numpy.random.Generator | numpy.random.RandomState:
    """``rng`` itself, or the generator that ``numpy.random.seed`` seeds where it is None.

    Raises
    ------
    TypeError
        When it is something else, such as a seed.

    Examples
    --------
    >>> numpy.random.seed(3)
    >>> first = generator_or_global(None).standard_normal()
    >>> numpy.random.seed(3)
    >>> first == numpy.random.standard_normal()
    True
    """
    if rng is None:
        # NumPy has no public name for it.
        return numpy.random.mtrand._rand
    if not isinstance(rng, numpy.random.Generator):
        raise TypeError(
            f"rng must be a numpy.random.Generator, but it is {rng!r}: numpy.random.default_rng(seed) makes one"
        )
    return rng
