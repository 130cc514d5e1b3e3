"""Weights whose norms lie between bounds."""

from fastnn.checking.scalars import non_negative_number
from fastnn.constraints.base import NormConstraint

__all__ = ["MinMaxNorm"]


class MinMaxNorm(NormConstraint):
    """The weights into each unit have a Euclidean norm from `min_value` to `max_value`, or come nearer to it.

    Parameters
    ----------
    min_value : float, default 0
    max_value : float, default 1
        At least min_value, and above 0.
    rate : float, default 1
        The share of the way into the bounds that each step goes, from 0 to 1.
    axis : int, default 0
        Along which norms are taken: 1 for the weights from each input, 0 of a bias for all of it.

    Examples
    --------
    >>> MinMaxNorm(1.0, 2.0)([[3.0, 0.3], [4.0, 0.4]]).round(2).tolist()
    [[1.2, 0.6], [1.6, 0.8]]
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: int = 0) -> None:
        self.min_value = non_negative_number(min_value, "min_value")
        self.max_value = non_negative_number(max_value, "max_value")
        if self.max_value == 0 or self.min_value > self.max_value:
            raise ValueError(
                f"max_value must be above 0 and at least min_value, but they are {self.max_value} and {self.min_value}"
            )
        self.rate = non_negative_number(rate, "rate")
        if self.rate > 1:
            raise ValueError(f"rate must be from 0 to 1, but it is {rate}")
        super().__init__(axis)

    def bounds(self) -> tuple[float, float, float]:
        return self.min_value, self.max_value, self.rate
