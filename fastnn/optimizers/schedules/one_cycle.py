"""Rates that rise and then fall far."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastnn.checking.scalars import non_negative_number, whole_number
from fastnn.optimizers.schedules.base import LearningRateSchedule

__all__ = ["OneCycle"]


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
