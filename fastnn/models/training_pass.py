"""A batch's way through the layers as in training, with what they draw, and the same way back."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from fastnn.models.collecting import collecting_training
from fastnn.models.compiled import CompiledModel
from fastnn.models.gradients import Gradients, inputs_with_gradients, layout_of, shaped_inputs
from fastnn.models.inputs import read_inputs
from fastnn.models.leaves import leaf_layers, moving_layers
from fastnn.models.several import count_rows
from fastnn_ext.engine.training import NonFiniteError, NonFiniteGradientsError

__all__ = ["TrainingPass"]


class TrainingPass:
    """One batch in a model of one output: dropout and noise draw, and batch normalisation takes the batch's statistics.

    Parameters
    ----------
    model : CompiledModel
    x : as in `fit`

    Attributes
    ----------
    outputs : ndarray, shape (samples, *output_shape)

    Examples
    --------
    >>> from fastnn import Input, Sequential
    >>> from fastnn.layers import Dropout
    >>> there = TrainingPass(Sequential([Input((4,)), Dropout(0.5)], seed=0), np.ones((2, 4)))
    >>> np.array_equal(there.backward(np.ones((2, 4)), inputs=True).inputs, there.outputs)
    True
    """

    def __init__(self, model: CompiledModel, x: Any) -> None:
        if len(model.output_names) > 1:
            raise ValueError(f"{model.name} has several outputs, and this takes one")
        self.model, self.rows = model, read_inputs(model, x, "x")
        self.shape = (count_rows(self.rows), *model.output_shapes[0])
        self._layout = layout_of(model)
        self._moves = bool(moving_layers(list(leaf_layers(model.layers)), model.frozen_layers))
        nothing = np.zeros((self.shape[0], int(np.prod(self.shape[1:]))), model.dtype)
        self._training = collecting_training(
            model,
            self._layout,
            self.rows,
            nothing,
            None,
            input_gradients=inputs_with_gradients(model),
            gradients_given=True,
            record=True,
        )
        # What is drawn goes by the step.
        self._step = int(model.rng.integers(1 << 31))
        self._run(nothing)
        self.outputs = np.array(self._training.outputs).reshape(self.shape)

    def backward(self, output_gradient: Any, *, inputs: bool = False) -> Gradients:
        """The gradients of anything whose gradient with respect to the outputs is known; see `BaseModel.backward`.

        Raises
        ------
        RuntimeError
            Where a batch normalisation would move its averages a second time.
        FloatingPointError
            For a gradient that is not finite.
        """
        if self._moves:
            raise RuntimeError(
                f"{self.model.name} has a batch normalisation, whose averages would move again: write "
                "model.apply_gradients(model.gradients(x, y)), or model.train_on_batch(x, y)"
            )
        slope = np.ascontiguousarray(np.reshape(output_gradient, (self.shape[0], -1)), dtype=self.model.dtype)
        vector, of_inputs = self._run(slope)
        return Gradients(self._layout, vector, shaped_inputs(self.model, of_inputs) if inputs else None, None)

    def _run(self, slope: Any) -> tuple[Any, Any]:
        self._training.step = self._step
        with self.model.exclusively() if self._moves else contextlib.nullcontext():
            try:
                _, vector, of_inputs = self._training.run_gradients(self.rows, slope, None)
            except (NonFiniteError, NonFiniteGradientsError) as failure:
                raise FloatingPointError("an output or a gradient of this batch is not finite") from failure
        return vector, of_inputs
