"""Gradients for training loops of one's own, from the engine that trains, and steps of the optimiser by them."""

from __future__ import annotations

import contextlib
import math
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.arrays.array_kinds import check_nothing_masked
from fastnn.arrays.convert import to_array
from fastnn.checking.arrays import check_finite, converted
from fastnn.layers.freezing import FREEZINGS
from fastnn.models.collecting import collecting_training, stepping_training
from fastnn.models.compiled import CompiledModel
from fastnn.models.gradients import Gradients, inputs_with_gradients, layout_of, shaped_inputs
from fastnn.models.inputs import explain, read_inputs, read_samples
from fastnn.models.leaves import leaf_layers, moving_layers
from fastnn.models.rows import AllInputs, AllTargets, AllWeights
from fastnn.models.several import by_names, count_rows, is_named
from fastnn.models.training import raise_failure
from fastnn.optimizers.lbfgs import LBFGS
from fastnn_ext.engine.compressed import CompressedRows
from fastnn_ext.engine.plan import NonFiniteDataError
from fastnn_ext.engine.training import (
    NonFiniteError,
    NonFiniteGradientsError,
    NonFiniteWeightsError,
    Training,
)

__all__ = ["OwnLoops"]


# What the engine raises for arrays that it cannot read as they are, and where something fails: both are looked at anew,
# where there are words for it.
_NOT_AS_IT_IS = TypeError, ValueError, FloatingPointError


class OwnLoops:
    """The engine's trainings behind a model's `gradients`, `backward` and `apply_gradients`, kept from call to call."""

    def __init__(self, model: CompiledModel) -> None:
        self.model = model
        model.needs_plan()
        # By whether y is the gradient with respect to the outputs, and whether that of the inputs is asked for.
        self._trainings: dict[tuple[bool, bool], Training] = {}
        self._capacities: dict[tuple[bool, bool], int] = {}
        self._stepper: Training | None = None
        # Batches that each kind has seen, so that dropout goes on drawing where trainings are made anew.
        self._steps: dict[tuple[bool, bool], int] = {}
        # A training is one caller's at a time.
        self._lock = threading.Lock()
        # What the model and its layers said of their training when these were made.
        self._leaves = list(leaf_layers(model.layers))
        self._said: list[bool] = []
        self._seen = -1
        self._layout = layout_of(model)
        # Whether moving statistics change on the way forward: nobody else may train meanwhile.
        self._moves = False
        # Whether what the engine reads as it is needs no look from here.
        self._simple = False

    def gradients(self, x: Any, y: Any, sample_weight: Any, inputs: bool) -> Gradients:
        """See `BaseModel.gradients`."""
        if sample_weight is None and type(x) is type(y) is np.ndarray:
            kept = self._kept((False, inputs))
            if kept is not None and self._simple:
                try:
                    with self._lock:
                        loss, vector, of_inputs = kept.run_gradients(x, y)
                    return Gradients(
                        self._layout, vector, shaped_inputs(self.model, of_inputs) if inputs else None, loss
                    )
                except _NOT_AS_IT_IS:
                    pass
        self.model.needs_compile()
        samples = read_samples(self.model, x, y, sample_weight)
        return self._run((False, inputs), samples.inputs, samples.targets, samples.weights)

    def backward(self, x: Any, output_gradient: Any, inputs: bool) -> Gradients:
        """See `BaseModel.backward`."""
        model = self.model
        if type(x) is type(output_gradient) is np.ndarray and output_gradient.dtype == model.dtype:
            kept = self._kept((True, inputs))
            if kept is not None and self._simple:
                try:
                    with self._lock:
                        _, vector, of_inputs = kept.run_gradients(x, output_gradient)
                    return Gradients(self._layout, vector, shaped_inputs(model, of_inputs) if inputs else None, None)
                except _NOT_AS_IT_IS:
                    pass
        rows = read_inputs(model, x, "x")
        count = count_rows(rows)
        if count == 0:
            raise ValueError("x must hold at least one sample, but it holds none")
        return self._run((True, inputs), rows, self._output_gradients(output_gradient, count), None)

    def apply(self, gradients: Any) -> None:
        """See `BaseModel.apply_gradients`."""
        vector = gradients.parameters if type(gradients) is Gradients else gradients
        if type(vector) is np.ndarray and vector.ndim == 1 and self._applied_as_it_is(vector):
            return
        model, stepper = self.model, self._stepper
        # Another training, such as a fit, may have gone on with the optimiser's state since.
        current = stepper is not None and stepper is model.optimizer_state.training
        optimizer = model.optimizer if current else model.needs_compile()[0]
        assert optimizer is not None
        if isinstance(optimizer, LBFGS):
            raise ValueError("LBFGS finds its own steps: choose another optimizer to apply gradients")
        if not isinstance(vector, np.ndarray):
            raise TypeError(
                f"gradients must be what model.gradients returned, or a vector, but it is a {type(gradients).__name__}"
            )
        check_nothing_masked(vector, "gradients")
        if vector.shape != (self._layout.size,):
            raise ValueError(
                f"gradients must have the shape of model.parameters, ({self._layout.size},), but its shape is "
                f"{vector.shape}"
            )
        if vector.dtype != model.dtype or not vector.flags.carray:
            vector = converted(vector, model.dtype, "gradients")
        with model.exclusively():
            self._kept((True, False))
            stepper = self._stepper
            if stepper is None or stepper is not model.optimizer_state.training:
                stepper = self._stepper = stepping_training(model, self._layout)
            stepper.learning_rate = optimizer.rate_at(stepper.step)
            try:
                stepper.apply_gradients(vector)
            except NonFiniteGradientsError:
                check_finite(vector, "gradients")
            except NonFiniteWeightsError as failure:
                raise_failure(model, failure, "this step", stepper.learning_rate)

    def _applied_as_it_is(self, vector: NDArray[Any]) -> bool:
        """Do the step where all is as it was in the last one; False where something is not, before anything changes."""
        model, stepper = self.model, self._stepper
        if stepper is None or stepper is not model.optimizer_state.training or not model.training_lock.acquire(False):
            return False
        try:
            optimizer = model.optimizer
            if optimizer is None or FREEZINGS.count != self._seen:
                return False
            stepper.learning_rate = optimizer.rate_at(stepper.step)
            stepper.apply_gradients(vector)
        except NonFiniteWeightsError as failure:
            raise_failure(model, failure, "this step", stepper.learning_rate)
        except _NOT_AS_IT_IS:
            return False
        finally:
            model.training_lock.release()
        return True

    def _kept(self, kind: tuple[bool, bool]) -> Training | None:
        """The training of this kind, unless other layers are frozen by now."""
        if FREEZINGS.count != self._seen:
            self._look()
        return self._trainings.get(kind)

    def _look(self) -> None:
        """See whether the model and its layers say what they said; where not, trainings are made anew."""
        seen = FREEZINGS.count
        said = [self.model.trainable, *(layer.trainable for layer in self._leaves)]
        if said != self._said:
            self._steps |= {one: training.step for one, training in self._trainings.items()}
            self._trainings, self._stepper, self._said = {}, None, said
            self._moves = bool(moving_layers(self._leaves, self.model.frozen_layers))
            self._simple = not self._moves and not self.model.lookups
        self._seen = seen

    def _run(self, kind: tuple[bool, bool], inputs: AllInputs, targets: AllTargets, weights: AllWeights) -> Gradients:
        """The gradients of rows that the engine reads."""
        model, count = self.model, count_rows(inputs)
        self._kept(kind)
        with self._lock, model.exclusively() if self._moves else contextlib.nullcontext():
            training = self._kept(kind)
            if training is None or self._capacities[kind] < count:
                training = self._make(kind, inputs, targets, weights)
            try:
                loss, vector, of_inputs = training.run_gradients(inputs, targets, weights)
            except NonFiniteDataError as failure:
                raise explain(model, inputs, None if kind[0] else targets, failure.sample) from None
            except NonFiniteError as failure:
                cause = "every layer's output is" if failure.operation < 0 else model.layer_of(failure.operation)
                raise FloatingPointError(
                    f"the loss of this batch is not finite; the first output that is not is that of {cause}"
                ) from None
            except NonFiniteGradientsError as failure:
                of = "the inputs" if failure.operation < 0 else f"the weights of {model.layer_of(failure.operation)}"
                raise FloatingPointError(f"the gradient with respect to {of} is not finite") from None
        return Gradients(
            self._layout, vector, shaped_inputs(model, of_inputs) if kind[1] else None, None if kind[0] else loss
        )

    def _make(self, kind: tuple[bool, bool], inputs: AllInputs, targets: AllTargets, weights: AllWeights) -> Training:
        """A training that collects gradients of batches of up to so many rows."""
        model, old = self.model, self._trainings.get(kind)
        training = collecting_training(
            model,
            self._layout,
            inputs,
            targets,
            weights,
            input_gradients=inputs_with_gradients(model) if kind[1] else (),
            gradients_given=kind[0],
        )
        # Dropout draws other numbers in each step.
        training.step = old.step if old is not None else self._steps.get(kind, 0)
        self._trainings[kind], self._capacities[kind] = training, count_rows(inputs)
        return training

    def _output_gradients(self, given: Any, rows: int) -> Any:
        """Gradients with respect to outputs as rows in the model's dtype."""
        model = self.model
        names = model.output_names
        several = len(names) > 1 or is_named(given, names, model.names_ends)
        parts = by_names(given, names, "output_gradient") if several else [given]
        found = []
        for name, part, shape in zip(names, parts, model.output_shapes, strict=True):
            what = f"output_gradient[{name!r}]" if len(names) > 1 else "output_gradient"
            array = to_array(part, what)
            if isinstance(array, CompressedRows) or array.shape not in {(rows, *shape), (rows, math.prod(shape))}:
                expected = ", ".join(map(str, (rows, *shape)))
                raise ValueError(f"{what} must have the outputs' shape ({expected}), but its shape is {array.shape}")
            check_finite(array, what)
            found.append(converted(array.reshape(rows, -1), model.dtype, what))
        return found if len(model.output_names) > 1 else found[0]
