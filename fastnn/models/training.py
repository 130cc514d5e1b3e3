"""An engine training of a model: made from its plan, loss and optimiser, and what its failures mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from fastnn_ext.training import NonFiniteError, NonFiniteWeightsError, Training

if TYPE_CHECKING:
    from fastnn.callbacks.base import CallbackList
    from fastnn.models.inputs import Inputs
    from fastnn.models.sequential import Sequential

__all__ = ["OptimizerState", "end_quietly", "keep_state", "make_training", "raise_failure"]


class OptimizerState:
    """What the optimiser of a model remembers between trainings.

    Attributes
    ----------
    arrays : list of ndarray or None
        Momentum and squares, in the engine's order; None before the first step.
    step : int
        Optimiser steps done.
    momentum_product : float
        Of Nadam's momentums.
    """

    def __init__(self, arrays: list[NDArray[Any]] | None = None, step: int = 0, momentum_product: float = 1.0) -> None:
        self.arrays, self.step, self.momentum_product = arrays, step, momentum_product


def make_training(
    model: Sequential,
    inputs: Inputs,
    targets: NDArray[Any],
    batch_size: int,
    weights: NDArray[np.float64] | None,
    *,
    keep_index: bool,
    augmentation: dict[str, Any] | None = None,
) -> Training:
    """A training that goes on from the state of the model's optimiser."""
    optimizer, loss = model.needs_compile()
    steps = model.steps
    training = Training(
        model.needs_plan(),
        inputs,
        targets,
        batch_size,
        loss.engine,
        **optimizer.rule(),
        **optimizer.clipping(),
        **loss.options(),
        **loss.bounds(),
        sample_weight=weights,
        record=bool(model.metrics),
        seed=model.seed,
        augmentation=augmentation,
        state=steps.arrays,
        keep_index=keep_index,
    )
    training.step, training.momentum_product = steps.step, steps.momentum_product
    if steps.arrays is None:
        steps.arrays = training.state
    return training


def keep_state(model: Sequential, training: Training) -> None:
    """Let the model's optimiser remember what this training came to."""
    steps = model.steps
    steps.arrays, steps.step, steps.momentum_product = training.state, training.step, training.momentum_product


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
