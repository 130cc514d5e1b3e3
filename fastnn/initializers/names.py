"""The registry of initializers, and from what a user writes in ``kernel_initializer=...`` to one of them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn.initializers import CLASSES
from fastnn.initializers.base import Initializer
from fastnn.registry import Registry

__all__ = ["INITIALIZERS", "resolve"]

INITIALIZERS: Registry[type[Initializer]] = Registry(
    "initializer", "fastnn.initializers", CLASSES, "a function of (shape, rng)"
)


def resolve(initializer: Any) -> Callable[[tuple[int, ...], np.random.Generator], Any]:
    """The initializer that a user means: one of a name or class, or a function of (shape, rng).

    Raises
    ------
    TypeError, ValueError
        If it is none; the message lists the names and the nearest.

    Examples
    --------
    >>> resolve("he_normal")
    HeNormal()
    >>> resolve("glorot")
    Traceback (most recent call last):
    ValueError: initializer 'glorot' is unknown; did you mean 'glorot_normal'? Expected one of zeros, ...
    """
    if isinstance(initializer, str):
        return INITIALIZERS[initializer]()
    if isinstance(initializer, type) and issubclass(initializer, Initializer):
        return initializer()
    if not callable(initializer):
        raise TypeError(f"an initializer must be a name or a function of (shape, rng), but it is {initializer!r}")
    function: Callable[[tuple[int, ...], np.random.Generator], Any] = initializer
    return function
