"""Gaussian noise: in training, normal numbers are added, so that the model learns to do without the last digits."""

from collections.abc import Sequence
from typing import Any

from fastnn.checking.scalars import non_negative_number
from fastnn.layers.drawing import DrawingLayer
from fastnn_ext.engine.plan import Plan

__all__ = ["GaussianNoise"]


class GaussianNoise(DrawingLayer):
    """Adds normal noise of mean 0, in training alone.

    Parameters
    ----------
    stddev : float
        Its standard deviation, finite and not negative.
    seed : int, optional
        With it, training draws the same numbers each time, whatever the model's own seed: the seeds of a model's layers
        then decide what all of them draw.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> GaussianNoise(0.1).stddev
    0.1
    """

    def __init__(
        self,
        stddev: float,
        *,
        seed: int | None = None,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed=seed, name=name, input_shape=input_shape)
        self.stddev = non_negative_number(stddev, "stddev")

    def lower(self, plan: Plan) -> None:
        plan.add_noise(self.stddev)

    def configuration(self) -> dict[str, Any]:
        return {"stddev": self.stddev, **super().configuration()}
