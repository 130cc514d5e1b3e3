"""The state of an optimiser: what it remembers from one update to the next."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from fastnn_ext.engine.training import Training

__all__ = ["OptimizerState"]


class OptimizerState:
    """What the optimiser of a model remembers: held by the engine's training that goes on with it, if there is one.

    Attributes
    ----------
    training : Training or None
        Which holds the state now. The engine may keep it in a layout of its own, so that nobody else has it meanwhile.
    """

    def __init__(self, arrays: list[NDArray[Any]] | None = None, step: int = 0, momentum_product: float = 1.0) -> None:
        self._arrays, self._step, self._momentum_product = arrays, step, momentum_product
        self.training: Training | None = None

    @property
    def arrays(self) -> list[NDArray[Any]] | None:
        """Momentum and squares, in the engine's order; None before the first update."""
        if self.step == 0:
            return None
        return self._arrays if self.training is None else self.training.state

    @property
    def step(self) -> int:
        """Updates done."""
        return self._step if self.training is None else self.training.step

    @property
    def momentum_product(self) -> float:
        """Of Nadam's momentums."""
        return self._momentum_product if self.training is None else self.training.momentum_product

    def hand_to(self, training: Training) -> None:
        """Let a training that was made from `arrays` go on with all of the state."""
        training.step, training.momentum_product = self.step, self.momentum_product
        self.training = training

    def take_back(self) -> None:
        """Take the state from the training that holds it, and let that go with its data."""
        self._arrays, self._step, self._momentum_product = self.arrays, self.step, self.momentum_product
        self.training = None

    def __getstate__(self) -> dict[str, Any]:
        values = {"_arrays": self.arrays, "_step": self.step, "_momentum_product": self.momentum_product}
        return values | {"training": None}
