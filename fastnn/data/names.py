"""Names of columns: which a data frame has, and its columns in the order of those that a model was trained on."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fastnn.checking.columns import Names, column_names, library_of

__all__ = ["Names", "by_name", "checked_names", "column_names"]

# As many as a message lists.
_MOST_LISTED = 10


def by_name(value: Any, known: Names | None, name: str) -> Any:
    """``value``, or where it is a data frame with names, its columns in the order of the known ones.

    Raises
    ------
    ValueError
        When a known name is not there, or another is; the message tells which.

    Examples
    --------
    >>> import pandas
    >>> frame = pandas.DataFrame({"b": [2], "a": [1]})
    >>> list(by_name(frame, ("a", "b"), "x").columns)
    ['a', 'b']
    >>> by_name(frame, ("a", "c"), "x")
    Traceback (most recent call last):
    ...
    ValueError: x lacks the column 'c' that the model was trained on, and has 'b', which it was not trained on: ...
    """
    if known is None:
        return value
    names = column_names(value, name)
    if names is None or names == known:
        return value
    missing, strange = list((Counter(known) - Counter(names)).keys()), list((Counter(names) - Counter(known)).keys())
    if missing or strange:
        words = []
        if missing:
            words.append(f"lacks the column{'s' * (len(missing) > 1)} {_listed(missing)} that the model was trained on")
        if strange:
            words.append(f"has {_listed(strange)}, which {'it' if missing else 'the model'} was not trained on")
        raise ValueError(
            f"{name} {', and '.join(words)}: the model's columns are {_listed(known)}. An array without names, such as "
            f"{name}.to_numpy(), is taken by the places of its columns"
        )
    if len(set(known)) < len(known):
        raise ValueError(
            f"{name} has the model's columns in another order, and a name twice, so that they cannot be told apart: "
            f"the model's columns are {_listed(known)}"
        )
    return value[list(known)] if library_of(value) == "pandas" else value.select(list(known))


def checked_names(value: Any, inputs: int | None) -> Names | None:
    """Names for the inputs of a model, or None.

    Raises
    ------
    TypeError, ValueError
        When they are not strings, or not as many as there are inputs.
    """
    if value is None:
        return None
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise TypeError(f"feature_names must be a list of strings, or None, but it is {value!r}")
    names = tuple(value)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"feature_names must be strings, but one is {name!r}")
    # A NumPy string is a string of its own class.
    names = tuple(map(str, names))
    if inputs is not None and len(names) != inputs:
        raise ValueError(f"feature_names must be as many as the model has inputs, {inputs}, but they are {len(names)}")
    return names


def _listed(names: list[str] | Names) -> str:
    return ", ".join(map(repr, names[:_MOST_LISTED])) + (", ..." if len(names) > _MOST_LISTED else "")
