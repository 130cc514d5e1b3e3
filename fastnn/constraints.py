"""Constraints: what weights must satisfy after every step."""

from typing import Any

from fastnn.checking.names import unknown_name
from fastnn.checking.scalars import non_negative_number
from fastnn.checking.strict import Strict

__all__ = ["MaxNorm", "resolve"]


class MaxNorm(Strict):
    """The weights into each unit have a Euclidean norm of at most `max_value` (Srivastava et al. 2014, section 5.1).

    Parameters
    ----------
    max_value : float, default 2
        Above 0.

    Examples
    --------
    >>> MaxNorm(3.0).max_value
    3.0
    """

    def __init__(self, max_value: float = 2.0) -> None:
        self.max_value = non_negative_number(max_value, "max_value")
        if self.max_value == 0:
            raise ValueError("max_value must be above 0, but it is 0")

    def configuration(self) -> dict[str, Any]:
        """The constructor's arguments as plain values, for saving."""
        return {"max_value": self.max_value}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MaxNorm) and self.max_value == other.max_value

    def __repr__(self) -> str:
        return f"MaxNorm(max_value={self.max_value})"


def resolve(constraint: Any) -> MaxNorm | None:
    """The constraint that a user means: itself or one of a name; None for None.

    Examples
    --------
    >>> resolve("max_norm")
    MaxNorm(max_value=2.0)
    """
    if constraint is None or isinstance(constraint, MaxNorm):
        return constraint
    if isinstance(constraint, str):
        if constraint.lower() not in ("max_norm", "maxnorm"):
            raise unknown_name("constraint", constraint, ["max_norm"], "an object of fastnn.constraints")
        return MaxNorm()
    raise TypeError(f"a constraint must be a name or an object of fastnn.constraints, but it is {constraint!r}")
