"""The features that a network knows, and from a dict of features to a row of its inputs."""

from __future__ import annotations

import math
import struct
from collections.abc import Hashable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

__all__ = ["Features", "check_numbers", "checked_number"]


class Features:
    """Names of features, each with its column, in the order in which they came.

    Parameters
    ----------
    names : sequence of hashables
    dtype : dtype
        float32 or float64: of rows.

    Attributes
    ----------
    size : int
        Columns of a row: one for each name, and one of zeros where there are none yet.
    """

    def __init__(self, names: Sequence[Hashable], dtype: np.dtype[Any]) -> None:
        self.names, self.dtype = list(names), dtype
        self.size = max(1, len(self.names))
        self._columns = {name: column for column, name in enumerate(self.names)}
        self._prepare()

    def _prepare(self) -> None:
        self._shape = 1, self.size
        # Refuses strings, which NumPy would read as numbers, and takes half the time.
        self._pack = struct.Struct(f"{self.size}{self.dtype.char}").pack
        # Of one name, it would give no tuple.
        self._values = itemgetter(*self.names) if len(self.names) > 1 else None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_shape", "_pack", "_values")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare()

    def row(self, x: Mapping[Hashable, Any], *, known_only: bool = False) -> NDArray[Any] | None:
        """The values of a dict as a row of shape (1, columns): 0 for what is absent.

        Parameters
        ----------
        x : mapping of names to numbers
        known_only : bool, default False
            Leave out names that are not known. Without it such a dict has no row, None.

        Raises
        ------
        TypeError, ValueError
            For what is no number or too large for the dtype. NaN and infinity are left to the engine.
        """
        try:
            # A dict of any order costs as many look-ups; a defaultdict would grow by them.
            if len(x) == len(self.names) and self._values is not None and type(x) is dict:
                return ndarray(self._shape, self.dtype, self._pack(*self._values(x)))
        except KeyError:
            pass
        except (struct.error, OverflowError):
            check_numbers(x, self.dtype)
            raise
        return self._row_of_some(x, known_only)

    def _row_of_some(self, x: Mapping[Hashable, Any], known_only: bool) -> NDArray[Any] | None:
        values = [0.0] * self.size
        columns = self._columns
        for name, value in x.items():
            column = columns.get(name)
            if column is not None:
                values[column] = value
            elif not known_only:
                return None
        try:
            return ndarray(self._shape, self.dtype, self._pack(*values))
        except (struct.error, OverflowError):
            check_numbers(x, self.dtype)
            raise

    def rows(self, names: Sequence[Hashable], values: NDArray[Any]) -> NDArray[Any]:
        """The columns of a table, in their places: 0 for those that are absent; names that are not known are left out.

        Parameters
        ----------
        names : sequence of hashables
        values : ndarray, shape (samples, len(names))
        """
        found = [(self._columns[name], number) for number, name in enumerate(names) if name in self._columns]
        rows = np.zeros((len(values), self.size), self.dtype)
        if found:
            columns, numbers = map(list, zip(*found, strict=True))
            rows[:, columns] = values[:, numbers]
        return rows

    def new(self, names: Iterable[Hashable]) -> list[Hashable]:
        """Those names that are not known, in an order that does not depend on the dict's."""
        found = [name for name in dict.fromkeys(names) if name not in self._columns]
        return sorted(found, key=lambda name: (type(name).__name__, repr(name)))


def check_numbers(x: Mapping[Hashable, Any], dtype: np.dtype[Any]) -> None:
    """Raise TypeError or ValueError for the first feature that is no finite number; the message names it."""
    for name, value in x.items():
        checked_number(value, f"the feature {name!r}", dtype)


def checked_number(value: Any, what: str, dtype: np.dtype[Any]) -> float:
    """A number as a float.

    Raises
    ------
    TypeError
        When it is none.
    ValueError
        When it is missing, not finite, or too large for the dtype.

    Examples
    --------
    >>> checked_number("Bern", "the feature 'city'", np.dtype("float32"))
    Traceback (most recent call last):
    ...
    TypeError: the feature 'city' must be a number, but it is 'Bern': put an encoder in front, such as ...
    """
    if value is None:
        raise ValueError(f"{what} is missing, None: leave it out, or put river.preprocessing.StatImputer in front")
    try:
        (number,) = struct.unpack("d", struct.pack("d", value))
    except (struct.error, OverflowError):
        raise TypeError(
            f"{what} must be a number, but it is {value!r}: put an encoder in front, such as "
            "river.preprocessing.OneHotEncoder"
        ) from None
    if not math.isfinite(number):
        raise ValueError(f"{what} must be finite, but it is {number}: put river.preprocessing.StatImputer in front")
    if abs(number) > float(np.finfo(dtype).max):
        raise ValueError(
            f"{what} is {number:g}, too large for {dtype}: put river.preprocessing.StandardScaler in front, or take "
            "dtype='float64'"
        )
    return float(number)
