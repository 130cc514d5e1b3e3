"""What layers share that draw at random in training, and do nothing in prediction."""

from collections.abc import Sequence
from typing import Any

from fastnn.checking.scalars import whole_number_or_none
from fastnn.layers.base import Layer

__all__ = ["DrawingLayer", "RateLayer"]


class DrawingLayer(Layer):
    """A layer whose random numbers depend on the model's seed, the step and the place, not on the number of threads.

    Parameters
    ----------
    seed : int, optional
        With it, training draws the same numbers each time, whatever the model's own seed: the seeds of a model's layers
        then decide what all of them draw.
    name, input_shape
        As in `Layer`.
    """

    acts_otherwise_in_training = True

    def __init__(
        self, *, seed: int | None = None, name: str | None = None, input_shape: Sequence[int] | None = None
    ) -> None:
        super().__init__(name=name, input_shape=input_shape)
        self.seed = whole_number_or_none(seed, "seed", at_least=0)

    def configuration(self) -> dict[str, Any]:
        return {**({} if self.seed is None else {"seed": self.seed}), **super().configuration()}


class RateLayer(DrawingLayer):
    """One that draws at a rate.

    Parameters
    ----------
    rate : float
        At least 0 and below 1.
    seed, name, input_shape
        As in `DrawingLayer`.
    """

    def __init__(
        self,
        rate: float,
        *,
        seed: int | None = None,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed=seed, name=name, input_shape=input_shape)
        if isinstance(rate, bool) or not isinstance(rate, int | float):
            raise TypeError(f"rate must be a number, but it is {rate!r}")
        if not 0 <= rate < 1:
            raise ValueError(f"rate must be at least 0 and below 1, but it is {rate}")
        self.rate = float(rate)

    def configuration(self) -> dict[str, Any]:
        return {"rate": self.rate, **super().configuration()}
