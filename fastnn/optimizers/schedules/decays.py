"""Rates that fall along a power of the step."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastnn.checking.scalars import non_negative_number, true_or_false, whole_number
from fastnn.optimizers.schedules.base import LearningRateSchedule

__all__ = ["ExponentialDecay", "InverseTimeDecay", "PolynomialDecay"]


class _RepeatedDecay(LearningRateSchedule):
    """What schedules share whose rate decays again after each so many steps."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False
    ) -> None:
        self.initial_learning_rate = non_negative_number(initial_learning_rate, "initial_learning_rate")
        self.decay_steps = whole_number(decay_steps, "decay_steps", at_least=1)
        self.decay_rate = non_negative_number(decay_rate, "decay_rate")
        self.staircase = true_or_false(staircase, "staircase")

    def _decays(self, step: ArrayLike) -> Any:
        """How often it has decayed before a step."""
        decays = np.asarray(step) / self.decay_steps
        return np.floor(decays) if self.staircase else decays


class ExponentialDecay(_RepeatedDecay):
    """``initial_learning_rate * decay_rate ** (step / decay_steps)``.

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
    decay_rate : float
    staircase : bool, default False
        Round the exponent down.

    Examples
    --------
    >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.25)([0, 5, 10]).tolist()
    [0.1, 0.05, 0.025]
    """

    def __call__(self, step: ArrayLike) -> Any:
        return self.initial_learning_rate * self.decay_rate ** self._decays(step)


class InverseTimeDecay(_RepeatedDecay):
    """``initial_learning_rate / (1 + decay_rate * step / decay_steps)``.

    Parameters
    ----------
    initial_learning_rate, decay_rate : float
    decay_steps : int
    staircase : bool, default False
        Round ``step / decay_steps`` down.

    Examples
    --------
    >>> InverseTimeDecay(0.1, decay_steps=10, decay_rate=1.0)([0, 10, 30]).tolist()
    [0.1, 0.05, 0.025]
    """

    def __call__(self, step: ArrayLike) -> Any:
        return self.initial_learning_rate / (1 + self.decay_rate * self._decays(step))


class PolynomialDecay(LearningRateSchedule):
    """``(initial - end) * (1 - step / decay_steps)**power + end``, and the last rate after ``decay_steps``.

    Parameters
    ----------
    initial_learning_rate, end_learning_rate : float
    decay_steps, power : int and float, default 1, a straight line
    cycle : bool, default False
        Begin anew behind ``decay_steps``, which becomes its next multiple: each time from a lower rate.

    Examples
    --------
    >>> PolynomialDecay(0.2, decay_steps=10, end_learning_rate=0.1)([0, 5, 10, 50]).round(3).tolist()
    [0.2, 0.15, 0.1, 0.1]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
    ) -> None:
        self.initial_learning_rate = non_negative_number(initial_learning_rate, "initial_learning_rate")
        self.decay_steps = whole_number(decay_steps, "decay_steps", at_least=1)
        self.end_learning_rate = non_negative_number(end_learning_rate, "end_learning_rate")
        self.power = non_negative_number(power, "power")
        self.cycle = true_or_false(cycle, "cycle")

    def __call__(self, step: ArrayLike) -> Any:
        steps = np.asarray(step, dtype=float)
        whole = self.decay_steps * (np.maximum(1, np.ceil(steps / self.decay_steps)) if self.cycle else 1)
        left = 1 - np.minimum(steps, whole) / whole
        return (self.initial_learning_rate - self.end_learning_rate) * left**self.power + self.end_learning_rate
