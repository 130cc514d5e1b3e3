"""Scalars: single numbers and booleans."""

import math
import numbers
import operator

import numpy as np

__all__ = [
    "checked_verbosity",
    "finite_number",
    "non_negative_number",
    "true_or_false",
    "whole_number",
    "whole_number_or_none",
]


def whole_number(value: object, name: str, at_least: int) -> int:
    """``value`` as an int of at least ``at_least``.

    Raises
    ------
    TypeError
        When it is no integer; a boolean is none.
    ValueError
        When it is less.

    Examples
    --------
    >>> whole_number(0, "batch_size", at_least=1)
    Traceback (most recent call last):
    ValueError: batch_size must be at least 1, but it is 0
    """
    try:
        # A boolean is an index to Python, and one of NumPy's to some versions of NumPy.
        if isinstance(value, bool | np.bool_):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} must be an integer, but it is {value!r}") from None
    if number < at_least:
        raise ValueError(f"{name} must be at least {at_least}, but it is {number}")
    return number


def whole_number_or_none(value: object, name: str, at_least: int) -> int | None:
    """The same, or None where the user left the argument out."""
    return None if value is None else whole_number(value, name, at_least)


def finite_number(value: object, name: str) -> float:
    """``value`` as a finite float.

    Raises
    ------
    TypeError
        When it is no number; a boolean is none.
    ValueError
        When it is NaN or infinite.

    Examples
    --------
    >>> finite_number(1, "threshold")
    1.0
    """
    number = _real_number(value, name)
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, but it is {number}")
    return number


def non_negative_number(value: object, name: str) -> float:
    """The same, of at least 0.

    >>> non_negative_number(-1, "momentum")
    Traceback (most recent call last):
    ValueError: momentum must be finite and not negative, but it is -1.0
    """
    number = _real_number(value, name)
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(f"{name} must be finite and not negative, but it is {number}")
    return number


def true_or_false(value: object, name: str) -> bool:
    """``value`` as a bool. Truthy values are refused: they may be a misplaced argument.

    >>> true_or_false("no", "use_bias")
    Traceback (most recent call last):
    TypeError: use_bias must be True or False, but it is 'no'
    """
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, but it is {value!r}")
    return bool(value)


def checked_verbosity(verbose: object) -> int:
    """The ``verbose`` of a callback: 0, or 1 for lines that tell what it does.

    >>> checked_verbosity("loud")
    Traceback (most recent call last):
    ValueError: verbose must be 0 or 1, but it is 'loud'
    """
    if verbose not in (0, 1, 2):  # Keras prints no more at 2 than at 1, but accepts it
        raise ValueError(f"verbose must be 0 or 1, but it is {verbose!r}")
    return int(verbose)


def _real_number(value: object, name: str) -> float:
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, but it is {value!r}")
    return float(value)
