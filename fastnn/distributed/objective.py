"""The loss over all ranks' data as a function of the parameters, for minimisers."""

from __future__ import annotations

import numpy as np

from fastnn.distributed.ranks import Ranks
from fastnn.models.compiled import CompiledModel
from fastnn.models.inputs import Samples
from fastnn.models.objective import Objective
from fastnn_ext.engine.training import NonFiniteError

__all__ = ["DividedObjective"]


class DividedObjective(Objective):
    """An objective whose value and gradient are those of all ranks' rows; every rank looks at the same points.

    Parameters
    ----------
    model : CompiledModel
    samples : Samples
        This rank's rows.
    ranks : Ranks
    """

    def __init__(self, model: CompiledModel, samples: Samples, ranks: Ranks) -> None:
        super().__init__(model, samples)
        self.ranks = ranks

    def _evaluate(self) -> None:
        try:
            super()._evaluate()
        except NonFiniteError:
            self.value = np.nan
        rows = self.samples.count
        all_rows, value = self.ranks.total(np.array([rows, self.value * rows]))
        self.gradient *= rows
        self.ranks.total(self.gradient)
        self.gradient /= all_rows
        self.value = float(value / all_rows)
        if not np.isfinite(self.value):
            raise NonFiniteError(0, -1)
