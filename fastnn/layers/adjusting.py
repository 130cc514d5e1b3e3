"""How a layer tells the engine what its arrays and its outputs cost, and within which limits its arrays stay."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from fastnn.constraints.base import Constraint
from fastnn.regularizers import L1L2
from fastnn_ext.engine.plan import Plan

__all__ = ["adjust", "adjustments", "penalize_outputs"]


def adjustments(layer: Any, arrays: Sequence[str]) -> dict[str, Any]:
    """What is asked of these arrays of a layer, and of its outputs, by the names of its constructor's arguments."""
    names = [f"{array}_{what}" for array in arrays for what in ("regularizer", "constraint")]
    asked = {name: getattr(layer, name, None) for name in [*names, "activity_regularizer"]}
    return {name: value for name, value in asked.items() if value is not None}


def adjust(plan: Plan, array: NDArray[Any] | None, regularizer: L1L2 | None, constraint: Constraint | None) -> None:
    """For an array of the operation that was added last; None where the layer has it not."""
    if array is None:
        return
    if regularizer is not None:
        plan.penalize(array, regularizer.l1, regularizer.l2)
    if constraint is not None:
        constraint.lower(plan, array)


def penalize_outputs(plan: Plan, regularizer: L1L2 | None) -> None:
    """For the value that was added last."""
    if regularizer is not None:
        plan.add_activity_penalty(regularizer.l1, regularizer.l2)
