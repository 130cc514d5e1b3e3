"""Which library a user's data come from, and the names of their columns."""

from typing import Any

import numpy as np

__all__ = ["FRAMES", "TENSORS", "Names", "column_names", "library_of"]

FRAMES = ("pandas", "polars", "pyarrow")
TENSORS = ("torch", "tensorflow")

Names = tuple[str, ...]


def library_of(value: object) -> str:
    """The library that a value's class comes from, or derives from; no library is imported to tell."""
    roots = [base.__module__.partition(".")[0] for base in type(value).__mro__]
    return next((root for root in roots if root in FRAMES or root in TENSORS), roots[0])


def column_names(value: Any, name: str) -> Names | None:
    """The names of a data frame's columns, or of what a row of one holds; None where no name is a string.

    Raises
    ------
    TypeError
        When some names are strings and others are not.

    Examples
    --------
    >>> import pandas
    >>> column_names(pandas.DataFrame({"age": [31], "member": [True]}), "x")
    ('age', 'member')
    >>> column_names(pandas.DataFrame([[31, 1]]), "x") is None
    True
    """
    if isinstance(value, np.ndarray | list) or (library := library_of(value)) not in FRAMES:
        return None
    if library == "pyarrow":
        labels = getattr(value, "column_names", None)
    elif library == "polars":
        # Those of a frame that is not yet collected are none that are read.
        labels = value.columns if hasattr(value, "get_columns") else None
    else:
        # A Series is a row of a frame, if anything, and its index has the names.
        labels = getattr(value, "columns", getattr(value, "index", None))
    if labels is None or not hasattr(labels, "__iter__"):
        return None
    names = tuple(labels)
    strings = [isinstance(label, str) for label in names]
    if not any(strings) or (not all(strings) and not hasattr(value, "columns")):
        return None
    if not all(strings):
        other = names[strings.index(False)]
        raise TypeError(
            f"the names of the columns of {name} must all be strings, or none of them, but one is {other!r}: "
            f"{name}.columns = {name}.columns.astype(str)"
        )
    return names
