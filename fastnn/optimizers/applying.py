"""A step of an optimiser with arrays of one's own, in NumPy: `fastnn.optimizers.Optimizer.apply_gradients`."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["States", "apply"]

# What is remembered of each array, by its place in memory, with the array, which so stays where it is.
States = dict[int, tuple[Any, dict[str, Any]]]


class Rule(Protocol):
    """What is asked of an optimiser."""

    def formula(self, weights: Any, gradient: Any, state: dict[str, Any], step: int) -> Any: ...

    def clipping(self) -> dict[str, Any]: ...


def apply(optimizer: Rule, pairs: list[tuple[Any, Any]], steps: int, states: States) -> tuple[int, States]:
    """Change arrays by their gradients; return how many steps were done, and what is remembered of the arrays."""
    given = [(np.asarray(gradient, dtype=np.float64), variable) for gradient, variable in pairs]
    for gradient, variable in given:
        if not isinstance(variable, np.ndarray) or gradient.shape != variable.shape:
            raise TypeError(
                f"each pair must be a gradient and an array of its shape, but there is one of shape {gradient.shape} "
                f"and a {type(variable).__name__} of shape {np.shape(variable)}"
            )
        if not np.isfinite(gradient).all():
            raise FloatingPointError("a gradient is not finite")
    clipped = _clipped(optimizer, [gradient for gradient, _ in given])
    new: States = dict(states)
    for gradient, (_, variable) in zip(clipped, given, strict=True):
        place = variable.ctypes.data
        _, state = new.setdefault(place, (variable, {}))
        variable[...] = optimizer.formula(np.asarray(variable, dtype=np.float64), gradient, state, steps + 1)
    return steps + 1, new


def _clipped(optimizer: Rule, gradients: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    limits = optimizer.clipping()
    value, norm, together = (limits.get(name) for name in ("clip_value", "clip_norm", "global_clip_norm"))
    if value is not None:
        gradients = [np.clip(one, -value, value) for one in gradients]
    if norm is not None:
        gradients = [one * min(1.0, norm / max(float(np.linalg.norm(one)), 1e-300)) for one in gradients]
    if together is not None:
        length = float(np.sqrt(sum(float((one * one).sum()) for one in gradients)))
        gradients = [one * min(1.0, together / max(length, 1e-300)) for one in gradients]
    return gradients
