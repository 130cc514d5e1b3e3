"""The two halves of a training step: an engine training that collects gradients, and one that steps by them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from fastnn.models.compiled import CompiledModel
from fastnn.models.gradients import NO_LOSS, Layout
from fastnn.models.rows import AllInputs, AllTargets, AllWeights
from fastnn.models.several import count_rows
from fastnn_ext.engine.options import RuleOptions
from fastnn_ext.engine.training import Training
from fastnn_ext.tables.enums import UpdateRule

__all__ = ["collecting_training", "stepping_training"]


def collecting_training(
    model: CompiledModel,
    layout: Layout,
    inputs: AllInputs,
    targets: AllTargets,
    weights: AllWeights,
    *,
    input_gradients: Iterable[int] = (),
    gradients_given: bool = False,
    record: bool = False,
    augmentation: dict[str, Any] | None = None,
) -> Training:
    """A training that gives gradients of batches of up to as many rows as these data have, and changes no weights."""
    loss: Any = _no_losses(model) if gradients_given else model.needs_compile()[1].engine_options()
    training = Training(
        model.needs_plan(),
        inputs,
        targets,
        count_rows(inputs),
        loss,
        RuleOptions(UpdateRule.COLLECT, 0.0),
        sample_weight=weights,
        record=record,
        seed=model.seed,
        augmentation=augmentation,
        streaming=True,
        frozen_arrays=model.frozen_arrays(),
        input_gradients=input_gradients,
        gradients_given=gradients_given,
    )
    training.lay_out_gradients(layout.arrays, layout.places, layout.size)
    return training


def stepping_training(model: CompiledModel, layout: Layout) -> Training:
    """A training that goes on with the state of the model's optimiser, for steps by gradients that are given."""
    inputs = [np.zeros((1, math.prod(shape)), model.dtype) for shape in model.input_shapes]
    targets = [np.zeros((1, math.prod(shape)), model.dtype) for shape in model.output_shapes]
    training = Training(
        model.needs_plan(),
        inputs if len(inputs) > 1 else inputs[0],
        targets if len(model.output_names) > 1 else targets[0],
        1,
        _no_losses(model),
        model.needs_compile()[0].engine_options(),
        seed=model.seed,
        state=model.optimizer_state.arrays,
        streaming=True,
        frozen_arrays=model.frozen_arrays(),
        gradients_given=True,
        steps_given=True,
    )
    training.lay_out_gradients(layout.arrays, layout.places, layout.size)
    model.optimizer_state.hand_to(training)
    return training


def _no_losses(model: CompiledModel) -> Any:
    return [NO_LOSS] * len(model.output_names) if len(model.output_names) > 1 else NO_LOSS
