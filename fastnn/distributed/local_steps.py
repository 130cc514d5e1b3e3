"""Steps that each rank takes by itself, and the averages of what they have come to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.constraints import MinMaxNorm, UnitNorm
from fastnn.distributed.ranks import Ranks
from fastnn.distributed.steps import Part, Steps, Sums
from fastnn.models.collecting import stepping_training
from fastnn.models.compiled import CompiledModel
from fastnn.models.inputs import Samples
from fastnn.models.leaves import leaf_layers
from fastnn.optimizers.state import OptimizerState

__all__ = ["LocalSteps", "check_constraints"]


class LocalSteps(Steps):
    """Steps by parts of batches, with the changes of all ranks averaged each so many batches.

    Parameters
    ----------
    model, ranks, augmentation, data
        As in `Steps`.
    every : int
    """

    def __init__(
        self,
        model: CompiledModel,
        ranks: Ranks,
        every: int,
        augmentation: dict[str, Any] | None = None,
        data: Samples | None = None,
    ) -> None:
        super().__init__(model, ranks, augmentation, data)
        self.every, self.taken, self.rows, self.loss = every, 0, 0, 0.0
        # The weights that all ranks have had last.
        self.agreed = self.layout.read(model.dtype)

    def early_gradients(self) -> list[tuple[int, int, int]]:
        # What is summed is a change of weights, and not in every step.
        return []

    def begin(self) -> None:
        self.agreed = self.layout.read(self.model.dtype)

    def step(
        self, part: Part | None, places: NDArray[np.intp], all_rows: int | None, where: str, sums: Sums
    ) -> float | None:
        step, where = self.stepping.step, f"{where}, with the steps since the ranks' last average"
        rows, loss = self.gradient_of(part, places, None, where, sums)
        if rows:
            self.step_by(self.gradient, where)
        # A step is a batch, whoever has a part of it.
        self.stepping.step = step + 1
        self.taken, self.rows, self.loss = self.taken + 1, self.rows + rows, self.loss + loss * rows
        if self.taken == self.every:
            self._average(sums)
        return loss

    def finish(self, sums: Sums) -> None:
        if self.taken:
            self._average(sums)
        share = sums.own_rows / max(1, sums.rows)
        state = self.model.optimizer_state
        arrays = [self.ranks.total(array * np.asarray(share, array.dtype)) for array in state.arrays or ()]
        momentum = self.ranks.first(state.momentum_product)
        self.model._keep(optimizer_state=OptimizerState(arrays if state.step else None, state.step, momentum))
        self.stepping = stepping_training(self.model, self.layout)

    def take_back(self) -> None:
        self.layout.write(self.agreed)

    def _average(self, sums: Sums) -> None:
        """Move all ranks' weights by the mean of their changes, weighed by samples."""
        change = self.gradient
        np.subtract(self.layout.read(change.dtype), self.agreed, out=change)
        change, all_rows, all_loss = self.ranks.mean_step(change, self.rows, self.loss)
        if all_rows:
            self.agreed += change
            self.layout.write(self.agreed)
        sums.rows, sums.loss = sums.rows + all_rows, sums.loss + all_loss
        self.taken, self.rows, self.loss = 0, 0, 0.0


def check_constraints(model: CompiledModel) -> None:
    """Raise ValueError for constraints that the mean of weights does not keep where all of them do."""
    for layer in leaf_layers(model.layers):
        for name in layer.arrays:
            constraint = getattr(layer, f"{name}_constraint", None)
            if isinstance(constraint, UnitNorm | MinMaxNorm):
                raise ValueError(
                    f"{layer.name} has the constraint {type(constraint).__name__}, which averages of weights do not "
                    "keep: leave local_steps out"
                )
