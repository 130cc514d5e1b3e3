"""Learning rates that change with the step: a schedule is a function from steps, counted from 0, to rates.

Each takes a number or an array of steps, so that a whole epoch's rates are one call. Names are Keras' and PyTorch's.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastnn.checking.scalars import non_negative_number, true_or_false, whole_number
from fastnn.checking.strict import Strict

__all__ = [
    "LearningRateSchedule",
    "StepDecay",
    "PiecewiseConstantDecay",
    "ExponentialDecay",
    "InverseTimeDecay",
    "PolynomialDecay",
    "CosineDecay",
    "OneCycle",
]


class LearningRateSchedule(Strict):
    """What all schedules share. A schedule of your own is any function of an array of steps."""

    def __call__(self, step: ArrayLike) -> Any:
        """The rate of a step, or of each of an array of them."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(step) that returns rates")

    def configuration(self) -> dict[str, Any]:
        """The constructor's arguments as plain values, for saving."""
        return dict(vars(self))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in vars(self).items())})"


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


class CosineDecay(LearningRateSchedule):
    """From a rate down to ``alpha`` times it along half a cosine (Loshchilov and Hutter 2017), after a linear warm-up.

    Parameters
    ----------
    initial_learning_rate : float
        Where the warm-up starts, or the decay where there is none.
    decay_steps : int
        Steps of the decay.
    alpha : float, default 0
        The last rate as a share of the highest.
    warmup_target : float, optional
        The rate after the warm-up, where the decay starts.
    warmup_steps : int, default 0

    Examples
    --------
    >>> schedule = CosineDecay(0.0, decay_steps=100, warmup_target=0.2, warmup_steps=10)
    >>> schedule([0, 5, 10, 60, 110, 500]).round(3).tolist()
    [0.0, 0.1, 0.2, 0.1, 0.0, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        *,
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate = non_negative_number(initial_learning_rate, "initial_learning_rate")
        self.decay_steps = whole_number(decay_steps, "decay_steps", at_least=1)
        self.alpha = non_negative_number(alpha, "alpha")
        self.warmup_target = None if warmup_target is None else non_negative_number(warmup_target, "warmup_target")
        self.warmup_steps = whole_number(warmup_steps, "warmup_steps", at_least=0)
        if self.warmup_steps and self.warmup_target is None:
            raise ValueError("warmup_steps lead to a rate: pass it as warmup_target")

    def __call__(self, step: ArrayLike) -> Any:
        steps = np.asarray(step, dtype=float)
        warming = self.warmup_steps if self.warmup_target is not None else 0
        top = self.initial_learning_rate if self.warmup_target is None else self.warmup_target
        done = np.clip((steps - warming) / self.decay_steps, 0, 1)
        cooling = top * ((1 - self.alpha) * 0.5 * (1 + np.cos(np.pi * done)) + self.alpha)
        rising = self.initial_learning_rate + (top - self.initial_learning_rate) * steps / max(1, warming)
        return np.where(steps < warming, rising, cooling)


class OneCycle(LearningRateSchedule):
    """Up to the highest rate and far down again, each along half a cosine (Smith and Topin 2018), as in PyTorch.

    Parameters
    ----------
    max_learning_rate : float
    total_steps : int
        Of the whole training: epochs times batches. Later steps keep the last rate.
    pct_start : float, default 0.3
        The share of steps that go up.
    div_factor : float, default 25
        The first rate is the highest divided by it.
    final_div_factor : float, default 1e4
        The last rate is the first divided by it.

    Examples
    --------
    >>> OneCycle(1.0, total_steps=11, pct_start=0.5)([0, 4.5, 10]).round(3).tolist()
    [0.04, 1.0, 0.0]
    """

    def __init__(
        self,
        max_learning_rate: float,
        total_steps: int,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
    ) -> None:
        self.max_learning_rate = non_negative_number(max_learning_rate, "max_learning_rate")
        self.total_steps = whole_number(total_steps, "total_steps", at_least=1)
        self.pct_start = non_negative_number(pct_start, "pct_start")
        self.div_factor = non_negative_number(div_factor, "div_factor")
        self.final_div_factor = non_negative_number(final_div_factor, "final_div_factor")
        if not self.pct_start < 1:
            raise ValueError(f"pct_start must be a share below 1, but it is {pct_start}")
        if self.div_factor == 0 or self.final_div_factor == 0:
            raise ValueError("div_factor and final_div_factor must be above 0: the highest rate is divided by them")

    def __call__(self, step: ArrayLike) -> Any:
        steps = np.asarray(step, dtype=float)
        first = self.max_learning_rate / self.div_factor
        last = first / self.final_div_factor
        top = self.pct_start * self.total_steps - 1
        rising = _between(first, self.max_learning_rate, np.clip(steps / top, 0, 1) if top > 0 else np.ones_like(steps))
        falling = _between(
            self.max_learning_rate, last, np.clip((steps - top) / max(self.total_steps - 1 - top, 1e-9), 0, 1)
        )
        return np.where(steps <= top, rising, falling)


def _between(start: float, end: float, share: Any) -> Any:
    """From start to end along half a cosine."""
    return end + (start - end) / 2 * (1 + np.cos(math.pi * share))
