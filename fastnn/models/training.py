"""An engine training of a model: made from its plan, loss and optimiser, and what its failures mean."""

from __future__ import annotations

from typing import Any, NoReturn

from fastnn.callbacks.base import CallbackList
from fastnn.models.compiled import CompiledModel
from fastnn.models.rows import AllInputs, AllTargets, AllWeights
from fastnn_ext.engine.training import NonFiniteError, NonFiniteWeightsError, Training

__all__ = ["failure_text", "make_training", "raise_failure", "raise_or_stop"]


def make_training(
    model: CompiledModel,
    inputs: AllInputs,
    targets: AllTargets,
    batch_size: int,
    weights: AllWeights,
    *,
    keep_index: bool = False,
    streaming: bool = False,
    augmentation: dict[str, Any] | None = None,
    threads: int | None = None,
) -> Training:
    """A training that goes on with the state of the model's optimiser, and holds it from now on."""
    optimizer, loss = model.needs_compile()
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
        state=model.optimizer_state.arrays,
        keep_index=keep_index,
        streaming=streaming,
        threads=threads,
        frozen_arrays=model.frozen_arrays(),
    )
    model.optimizer_state.hand_to(training)
    return training


def failure_text(
    model: CompiledModel,
    failure: NonFiniteError | NonFiniteWeightsError,
    where: str,
    learning_rate: float | None,
    *,
    anew: bool = True,
    before: str = "it",
) -> str:
    """What is not finite, where, and what to do.

    Parameters
    ----------
    anew : bool
        Whether the optimiser starts anew.
    before : str
        The first step that is undone.
    """
    if isinstance(failure, NonFiniteError):
        if failure.operation < 0:
            cause = "every layer's output is finite, the loss alone is not"
        else:
            cause = f"the first output that is not finite is that of {model.layer_of(failure.operation)}"
        what = f"the loss is not finite in {where}; {cause}"
    else:
        what = f"the weights of {model.layer_of(failure.operation)} are not finite after {where}"
    remedy = "" if learning_rate is None else f"a smaller learning_rate than {learning_rate:g}, clipnorm=1, or "
    kept = f"The weights are those from before {before}{', and the optimiser starts anew' * anew}"
    return f"training stopped: {what}. {kept}. Try {remedy}inputs scaled to about 1"


def raise_failure(
    model: CompiledModel,
    failure: NonFiniteError | NonFiniteWeightsError,
    where: str,
    learning_rate: float | None,
    *,
    anew: bool = True,
    before: str = "it",
) -> NoReturn:
    """Raise FloatingPointError with this text."""
    raise FloatingPointError(failure_text(model, failure, where, learning_rate, anew=anew, before=before)) from None


def raise_or_stop(
    model: CompiledModel,
    failure: NonFiniteError | NonFiniteWeightsError,
    where: str,
    learning_rate: float | None,
    watchers: CallbackList,
    *,
    anew: bool = True,
    before: str = "it",
) -> None:
    """Raise what a failure means, or stop training where a callback asks for that instead of an exception."""
    try:
        raise_failure(model, failure, where, learning_rate, anew=anew, before=before)
    except FloatingPointError as error:
        if not watchers.on_failure(error):
            raise
        model.stop_training = True
