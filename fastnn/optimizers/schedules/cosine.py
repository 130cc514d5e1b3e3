"""Rates that fall along half a cosine, once or again and again."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastnn.checking.scalars import non_negative_number, whole_number
from fastnn.optimizers.schedules.base import LearningRateSchedule

__all__ = ["CosineDecay", "CosineDecayRestarts"]


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


class CosineDecayRestarts(LearningRateSchedule):
    """Down along half a cosine, again and again, each time as a new start (Loshchilov and Hutter 2017), as in Keras.

    Parameters
    ----------
    initial_learning_rate : float
        The first rate.
    first_decay_steps : int
        Steps of the first period.
    t_mul : float, default 2
        How many times as long as the one before each period is; at least 1.
    m_mul : float, default 1
        How many times as high each begins.
    alpha : float, default 0
        The lowest rate as a share of the first.

    Examples
    --------
    >>> schedule = CosineDecayRestarts(0.2, first_decay_steps=10, m_mul=0.5)
    >>> schedule([0, 5, 10, 20, 30]).round(3).tolist()
    [0.2, 0.1, 0.1, 0.05, 0.05]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
    ) -> None:
        self.initial_learning_rate = non_negative_number(initial_learning_rate, "initial_learning_rate")
        self.first_decay_steps = whole_number(first_decay_steps, "first_decay_steps", at_least=1)
        self.t_mul, self.m_mul = non_negative_number(t_mul, "t_mul"), non_negative_number(m_mul, "m_mul")
        self.alpha = non_negative_number(alpha, "alpha")
        if self.t_mul < 1:
            raise ValueError(f"t_mul must be at least 1, so that periods do not become ever shorter, but it is {t_mul}")

    def __call__(self, step: ArrayLike) -> Any:
        done = np.asarray(step, dtype=float) / self.first_decay_steps
        if self.t_mul == 1:
            restarts = np.floor(done)
            done = done - restarts
        else:
            # Period i begins at 1 + t + ... + t^(i-1). What the logarithm rounds to the wrong side is put right.
            restarts = np.floor(np.log(1 + done * (self.t_mul - 1)) / np.log(self.t_mul))
            restarts = restarts + (self._begin(restarts + 1) <= done) - (self._begin(restarts) > done)
            done = (done - self._begin(restarts)) / self.t_mul**restarts
        cosine = 0.5 * self.m_mul**restarts * (1 + np.cos(np.pi * done))
        return self.initial_learning_rate * ((1 - self.alpha) * cosine + self.alpha)

    def _begin(self, period: Any) -> Any:
        return (self.t_mul**period - 1) / (self.t_mul - 1)
