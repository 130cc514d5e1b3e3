"""An engine training of a model: made from its plan, loss and optimiser, and what its failures mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from fastnn_ext.engine.training import NonFiniteError, NonFiniteWeightsError, Training

if TYPE_CHECKING:
    from fastnn.callbacks.base import CallbackList
    from fastnn.models.inputs import Inputs
    from fastnn.models.sequential import Sequential

__all__ = ["OptimizerState", "end_quietly", "make_training", "raise_failure"]


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
        """Momentum and squares, in the engine's order; None before the first step."""
        if self.step == 0:
            return None
        return self._arrays if self.training is None else self.training.state

    @property
    def step(self) -> int:
        """Optimiser steps done."""
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


def make_training(
    model: Sequential,
    inputs: Inputs,
    targets: NDArray[Any],
    batch_size: int,
    weights: NDArray[np.float64] | None,
    *,
    keep_index: bool = False,
    streaming: bool = False,
    augmentation: dict[str, Any] | None = None,
) -> Training:
    """A training that goes on with the state of the model's optimiser, and holds it from now on."""
    optimizer, loss = model.needs_compile()
    steps = model.steps
    training = Training(
        model.needs_plan(),
        inputs,
        targets,
        batch_size,
        loss.engine_options(),
        optimizer.engine_options(),
        sample_weight=weights,
        record=bool(model.metrics),
        seed=model.seed,
        augmentation=augmentation,
        state=steps.arrays,
        keep_index=keep_index,
        streaming=streaming,
    )
    steps.hand_to(training)
    return training


def raise_failure(
    model: Sequential, failure: NonFiniteError | NonFiniteWeightsError, where: str, learning_rate: float | None
) -> NoReturn:
    """Raise FloatingPointError with what became infinite, where, and what to do."""
    if isinstance(failure, NonFiniteError):
        if failure.operation < 0:
            cause = "every layer's output is finite, the loss alone is not"
        else:
            cause = f"the first output that is not finite is that of {model.layer_of(failure.operation)}"
        what = f"the loss is not finite in {where}; {cause}"
    else:
        what = f"the weights of {model.layer_of(failure.operation)} are not finite after {where}"
    remedy = "" if learning_rate is None else f"a smaller learning_rate than {learning_rate:g}, clipnorm=1, or "
    raise FloatingPointError(
        f"training stopped: {what}. The weights are those from before it, and the optimiser starts anew. Try {remedy}"
        "inputs scaled to about 1"
    ) from None


def end_quietly(
    model: Sequential,
    failure: NonFiniteError | NonFiniteWeightsError,
    where: str,
    learning_rate: float | None,
    watchers: CallbackList,
) -> None:
    """Raise what a failure means, unless a callback wants training to end quietly."""
    try:
        raise_failure(model, failure, where, learning_rate)
    except FloatingPointError as error:
        if not watchers.on_failure(error):
            raise
        model.stop_training = True
