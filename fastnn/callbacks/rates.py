"""Learning rates that callbacks change: a number, and no schedule."""

from __future__ import annotations

from fastnn.callbacks.model import ModelInTraining
from fastnn.optimizers.base import Optimizer
from fastnn.optimizers.lbfgs import LBFGS

__all__ = ["optimizer_and_rate"]


def optimizer_and_rate(model: ModelInTraining, who: str) -> tuple[Optimizer, float]:
    """The optimiser of a model and its learning rate, for the callback ``who`` to change.

    Raises
    ------
    ValueError
        When there is no number to change.
    """
    optimizer, _ = model.needs_compile()
    if isinstance(optimizer, LBFGS):
        raise ValueError(f"{who} changes the learning rate, but LBFGS has none: leave {who} out")
    rate = optimizer.learning_rate
    if callable(rate):
        raise ValueError(
            f"{who} changes the learning rate, but the optimizer's is a schedule, {rate!r}: give the optimizer a "
            f"number, or leave {who} out"
        )
    return optimizer, float(rate)
