"""The learning rate as a number that may be assigned to in place, as in Keras, and the number of steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["LearningRate", "StepCount"]


class LearningRate(float):
    """An optimiser's learning rate: a float whose `assign` changes the optimiser's.

    Examples
    --------
    >>> from fastnn.optimizers import SGD
    >>> optimizer = SGD(0.5)
    >>> optimizer.learning_rate.assign(0.25)
    >>> optimizer.learning_rate
    0.25
    """

    _change: Callable[[float], None]

    @classmethod
    def of(cls, value: float, change: Callable[[float], None]) -> LearningRate:
        """The rate ``value``, whose assignment calls ``change``."""
        rate = cls(value)
        rate._change = change
        return rate

    def assign(self, value: float) -> None:
        """Change the optimiser's learning rate; this number stays as it was.

        Raises
        ------
        TypeError, ValueError
            For a number that is not finite and at least 0.
        """
        self._change(value)

    def numpy(self) -> float:
        """The number itself."""
        return float(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return float, (float(self),)


class StepCount(int):
    """How many steps were done, with the ``numpy`` that Keras' variable of it has.

    >>> StepCount(3).numpy() + StepCount(1)
    4
    """

    def numpy(self) -> int:
        """The number itself."""
        return int(self)
