"""Rates that stay for a while, and then are others."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastnn.checking.scalars import non_negative_number, whole_number
from fastnn.optimizers.schedules.base import LearningRateSchedule

__all__ = ["PiecewiseConstantDecay", "StepDecay"]


class StepDecay(LearningRateSchedule):
    """``initial_learning_rate * decay_rate ** floor(step / decay_steps)``: a stair.

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
        Steps, that is batches, on each stair.
    decay_rate : float, default 0.1

    Examples
    --------
    >>> StepDecay(0.1, decay_steps=100, decay_rate=0.5)([0, 99, 100, 250]).tolist()
    [0.1, 0.1, 0.05, 0.025]
    """

    def __init__(self, initial_learning_rate: float, decay_steps: int, decay_rate: float = 0.1) -> None:
        self.initial_learning_rate = non_negative_number(initial_learning_rate, "initial_learning_rate")
        self.decay_steps = whole_number(decay_steps, "decay_steps", at_least=1)
        self.decay_rate = non_negative_number(decay_rate, "decay_rate")

    def __call__(self, step: ArrayLike) -> Any:
        return self.initial_learning_rate * self.decay_rate ** np.floor(np.asarray(step) / self.decay_steps)


class PiecewiseConstantDecay(LearningRateSchedule):
    """``values[i]`` while the step is at most ``boundaries[i]``, and the last value after the last boundary.

    Parameters
    ----------
    boundaries : sequence of int
        Ascending.
    values : sequence of float
        One more than boundaries.

    Examples
    --------
    >>> PiecewiseConstantDecay([100, 200], [0.1, 0.01, 0.001])([100, 101, 300]).tolist()
    [0.1, 0.01, 0.001]
    """

    def __init__(self, boundaries: Sequence[int], values: Sequence[float]) -> None:
        self.boundaries = [whole_number(boundary, "a boundary", at_least=0) for boundary in boundaries]
        self.values = [non_negative_number(value, "a value") for value in values]
        if len(self.values) != len(self.boundaries) + 1:
            raise ValueError(
                "there must be one value more than boundaries, but there are "
                f"{len(self.values)} and {len(self.boundaries)}"
            )
        if sorted(set(self.boundaries)) != self.boundaries:
            raise ValueError(f"boundaries must ascend, but they are {self.boundaries}")

    def __call__(self, step: ArrayLike) -> Any:
        return np.asarray(self.values)[np.searchsorted(self.boundaries, np.asarray(step), side="left")]
