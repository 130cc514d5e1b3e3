"""Regularisers: what large weights cost. Their penalty is added to the loss, their slope to the gradient."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastnn.arrays.convert import to_dense_array
from fastnn.checking.names import unknown_name
from fastnn.checking.scalars import non_negative_number
from fastnn.checking.strict import Strict

__all__ = ["L1L2", "L1", "L2", "resolve"]


class L1L2(Strict):
    """``l1 * sum(abs(w)) + l2 * sum(w**2)``.

    Parameters
    ----------
    l1, l2 : float, default 0
        Finite and not negative.

    Examples
    --------
    >>> L1L2(l1=0.01, l2=0.1)
    L1L2(l1=0.01, l2=0.1)
    >>> L2(0.5)([1.0, -2.0])
    2.5
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = non_negative_number(l1, "l1"), non_negative_number(l2, "l2")

    def __call__(self, w: ArrayLike) -> float:
        """What an array costs."""
        numbers = to_dense_array(w, "w").astype(np.float64)
        return float(self.l1 * np.abs(numbers).sum() + self.l2 * np.square(numbers).sum())

    def configuration(self) -> dict[str, Any]:
        """The constructor's arguments as plain values, for saving."""
        return {"l1": self.l1, "l2": self.l2}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, L1L2) and (self.l1, self.l2) == (other.l1, other.l2)

    def __repr__(self) -> str:
        return f"L1L2(l1={self.l1}, l2={self.l2})"


class L1(L1L2):
    """``l1 * sum(abs(w))``, which makes weights zero that are of little use.

    Examples
    --------
    >>> L1(0.01).l2
    0.0
    """

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)


class L2(L1L2):
    """``l2 * sum(w**2)``, which makes large weights small.

    Examples
    --------
    >>> L2(0.01).l1
    0.0
    """

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)


_BY_NAME: dict[str, Callable[[], L1L2]] = {
    "l1": L1,
    "l2": L2,
    "l1_l2": lambda: L1L2(0.01, 0.01),
    "l1l2": lambda: L1L2(0.01, 0.01),
}


def resolve(regularizer: Any) -> L1L2 | None:
    """The regulariser that a user means: itself or one of a name; None for None.

    Examples
    --------
    >>> resolve("l2")
    L1L2(l1=0.0, l2=0.01)
    """
    if regularizer is None or isinstance(regularizer, L1L2):
        return regularizer
    if isinstance(regularizer, str):
        if regularizer.lower() not in _BY_NAME:
            raise unknown_name("regularizer", regularizer, _BY_NAME, "an object of fastnn.regularizers")
        return _BY_NAME[regularizer.lower()]()
    raise TypeError(f"a regularizer must be a name or an object of fastnn.regularizers, but it is {regularizer!r}")
