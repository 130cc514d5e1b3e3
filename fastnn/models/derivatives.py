"""The derivatives of a model's outputs with respect to its inputs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastnn.models.compiled import CompiledModel
from fastnn.models.gradients import NO_LOSS, inputs_with_gradients
from fastnn.models.inputs import explain, read_inputs
from fastnn.models.several import count_rows
from fastnn_ext.engine.options import RuleOptions
from fastnn_ext.engine.plan import NonFiniteDataError
from fastnn_ext.engine.training import NonFiniteGradientsError, Training
from fastnn_ext.tables.enums import UpdateRule

__all__ = ["jacobian"]


def jacobian(model: CompiledModel, x: Any) -> Any:
    """See `BaseModel.jacobian`. One way forward and back through the layers for each output."""
    rows = read_inputs(model, x, "x")
    count = count_rows(rows)
    if count == 0:
        raise ValueError("x must hold at least one sample, but it holds none")
    plan = model.needs_plan()
    directions = [np.zeros((count, math.prod(shape)), model.dtype) for shape in model.output_shapes]
    single = len(directions) == 1
    numbers = inputs_with_gradients(model)
    training = Training(
        plan,
        rows,
        directions[0] if single else directions,
        count,
        NO_LOSS if single else [NO_LOSS] * len(directions),
        RuleOptions(UpdateRule.COLLECT, 0.0),
        frozen=range(plan.calls),
        draws=False,
        streaming=True,
        input_gradients=numbers,
        gradients_given=True,
    )
    found: list[Any] = []
    for direction, shape in zip(directions, model.output_shapes, strict=True):
        columns = []
        for column in range(direction.shape[1]):
            direction[:, column] = 1
            try:
                columns.append(training.run_gradients(rows, directions[0] if single else directions)[2])
            except NonFiniteDataError as failure:
                raise explain(model, rows, None, failure.sample) from None
            except NonFiniteGradientsError:
                raise FloatingPointError("the Jacobian is not finite for these samples") from None
            direction[:, column] = 0
        of_inputs: list[Any] = [None] * len(model.input_names)
        for number, parts in zip(numbers, zip(*columns, strict=True), strict=True):
            of_inputs[number] = np.stack(parts, axis=1).reshape(count, *shape, *model.input_shapes[number])
        found.append(of_inputs if len(of_inputs) > 1 else of_inputs[0])
    return found[0] if single else found
