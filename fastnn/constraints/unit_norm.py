"""Weights of norm 1."""

from fastnn.constraints.base import NormConstraint

__all__ = ["UnitNorm"]


class UnitNorm(NormConstraint):
    """The weights into each unit have a Euclidean norm of 1; where all are zero, they stay so.

    Parameters
    ----------
    axis : int, default 0
        Along which norms are taken: 1 for the weights from each input, 0 of a bias for all of it.

    Examples
    --------
    >>> UnitNorm()([[3.0, 0.0], [4.0, 0.0]]).round(2).tolist()
    [[0.6, 0.0], [0.8, 0.0]]
    """

    def bounds(self) -> tuple[float, float, float]:
        return 1.0, 1.0, 1.0
