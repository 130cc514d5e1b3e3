"""Weights whose norms are not above a bound."""

from fastnn.checking.scalars import non_negative_number
from fastnn.constraints.base import NormConstraint

__all__ = ["MaxNorm"]


class MaxNorm(NormConstraint):
    """The weights into each unit have a Euclidean norm of at most `max_value` (Srivastava et al. 2014, section 5.1).

    Parameters
    ----------
    max_value : float, default 2
        Above 0.
    axis : int, default 0
        Along which norms are taken: 1 for the weights from each input, 0 of a bias for all of it.

    Examples
    --------
    >>> MaxNorm(1.0)([[3.0, 0.5], [4.0, 0.5]]).round(2).tolist()
    [[0.6, 0.5], [0.8, 0.5]]
    """

    def __init__(self, max_value: float = 2.0, axis: int = 0) -> None:
        self.max_value = non_negative_number(max_value, "max_value")
        if self.max_value == 0:
            raise ValueError("max_value must be above 0, but it is 0")
        super().__init__(axis)

    def bounds(self) -> tuple[float, float, float]:
        return 0.0, self.max_value, 1.0
