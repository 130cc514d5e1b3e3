"""From what a user passes as a constraint to one of them."""

from typing import Any

from fastnn.checking.names import unknown_name
from fastnn.constraints.base import Constraint
from fastnn.constraints.max_norm import MaxNorm
from fastnn.constraints.min_max_norm import MinMaxNorm
from fastnn.constraints.non_neg import NonNeg
from fastnn.constraints.unit_norm import UnitNorm

__all__ = ["resolve"]

_BY_NAME: dict[str, type[Constraint]] = {
    "max_norm": MaxNorm,
    "min_max_norm": MinMaxNorm,
    "non_neg": NonNeg,
    "unit_norm": UnitNorm,
}


def resolve(constraint: Any) -> Constraint | None:
    """The constraint that a user means: itself, its class or one of a name; None for None.

    Examples
    --------
    >>> resolve("max_norm")
    MaxNorm(max_value=2.0, axis=0)
    """
    if constraint is None or isinstance(constraint, Constraint):
        return constraint
    if isinstance(constraint, type) and issubclass(constraint, Constraint):
        return constraint()
    if isinstance(constraint, str):
        known = {name.replace("_", ""): kind for name, kind in _BY_NAME.items()}
        if constraint.lower().replace("_", "") not in known:
            raise unknown_name("constraint", constraint, list(_BY_NAME), "an object of fastnn.constraints")
        return known[constraint.lower().replace("_", "")]()
    raise TypeError(f"a constraint must be a name or an object of fastnn.constraints, but it is {constraint!r}")
