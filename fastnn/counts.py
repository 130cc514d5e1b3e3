"""Counts: whole numbers among a user's arguments, or a sentence that says what is wrong."""

import operator

__all__ = ["whole_number"]


def whole_number(value: object, name: str, at_least: int) -> int:
    """``value`` as an int that is ``at_least`` this.

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
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} must be an integer, but it is {value!r}") from None
    if number < at_least:
        raise ValueError(f"{name} must be at least {at_least}, but it is {number}")
    return number
