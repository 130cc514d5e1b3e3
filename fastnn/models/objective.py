"""The loss of a model over all data as a function of its parameters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastnn.models.compiled import CompiledModel
from fastnn.models.gradients import layout_of
from fastnn.models.inputs import Samples, explain
from fastnn.models.training import make_training
from fastnn_ext.engine.plan import NonFiniteDataError
from fastnn_ext.engine.training import NonFiniteError

__all__ = ["Objective"]

# What a line search is told where the loss is not finite: far above any loss, but no infinity, which it cannot halve.
_VERY_HIGH = 1e100


class Objective:
    """A model's loss over all data, penalties included, as a function of its parameters: what a minimiser calls.

    Parameters
    ----------
    model : CompiledModel
        Compiled with `LBFGS`.
    samples : Samples
    penalty_scale : float, default 1
        What the layers' penalties are multiplied by.
    threads : int, optional
        By default as many as the size of the work suggests.

    Attributes
    ----------
    value : float
        The loss at the last point that was looked at.
    """

    def __init__(
        self, model: CompiledModel, samples: Samples, penalty_scale: float = 1.0, threads: int | None = None
    ) -> None:
        self.model, self.samples, self.value = model, samples, np.nan
        self.training = make_training(
            model, samples.inputs, samples.targets, samples.count, samples.weights, keep_index=True, threads=threads
        )
        if penalty_scale != 1:
            self.training.set_penalty_scales(np.array([penalty_scale]))
        self.layout = layout_of(model)
        self.gradient = np.zeros(self.layout.size, model.dtype)
        self.training.lay_out_gradients(self.layout.arrays, self.layout.places, self.layout.size)
        self.training.collect_into(self.gradient)

    def start(self) -> NDArray[np.float64]:
        """The model's own parameters; raises NonFiniteError where the loss is not finite there."""
        self._evaluate()
        return self.layout.read(np.float64)

    def move_to(self, point: NDArray[np.float64]) -> None:
        """Make a point the model's parameters."""
        self.layout.write(point)

    def __call__(self, point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Value and gradient at a point."""
        self.move_to(point)
        try:
            self._evaluate()
        except NonFiniteError:
            self.value = _VERY_HIGH
            return _VERY_HIGH, self.gradient.astype(np.float64)
        return self.value, self.gradient.astype(np.float64)

    def _evaluate(self) -> None:
        try:
            self.value = self.training.run_epoch()
        except NonFiniteDataError as failure:
            raise explain(self.model, self.samples.inputs, self.samples.targets, failure.sample) from None
