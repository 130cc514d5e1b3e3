"""Training on single batches as data come in, with as little overhead around the engine as possible."""

from __future__ import annotations

from typing import Any

from numpy import ndarray

from fastnn.layers.freezing import FREEZINGS
from fastnn.models.compiled import CompiledModel
from fastnn.models.compiling import loss_logs
from fastnn.models.evaluation import metrics_of
from fastnn.models.inputs import explain, read_samples
from fastnn.models.layered import LayeredModel
from fastnn.models.several import take_rows
from fastnn.models.training import make_training, raise_failure
from fastnn.optimizers.lbfgs import LBFGS
from fastnn_ext.engine.plan import NonFiniteDataError
from fastnn_ext.engine.training import NonFiniteError, NonFiniteWeightsError, Training

__all__ = ["BatchTrainer"]


def _owners(model: LayeredModel) -> list[Any]:
    """The model, the models within, and all layers that are none."""
    found: list[Any] = [model]
    for layer in model.layers:
        found += [layer] if layer.inner_model is None else _owners(layer.inner_model)
    return found


class BatchTrainer:
    """Trains a model on one batch at a time, and keeps the engine's training from call to call."""

    def __init__(self, model: CompiledModel) -> None:
        self.model = model
        self.training: Training | None = None
        self.capacity = 0
        # Who says what training leaves as it is, and what they said when the training was made.
        self.owners = _owners(model)
        self.said: list[bool] = []
        self.seen = -1
        # Arrays that the engine reads as they are need no look from here.
        self.simple = not model.metrics and not model.lookups

    def train(self, x: Any, y: Any, sample_weight: Any, class_weight: Any, return_dict: bool) -> Any:
        """Train on one batch; see `BaseModel.train_on_batch`."""
        training = self.training
        if (
            training is not None
            and self.simple
            and type(x) is type(y) is ndarray
            and sample_weight is None
            and class_weight is None
            and not return_dict
        ):
            model = self.model
            if model.training_lock.acquire(False):
                try:
                    if model.optimizer_state.training is training and (
                        FREEZINGS.count == self.seen or self._say_the_same()
                    ):
                        return self._run(training, x, y, None)
                except (TypeError, ValueError):
                    # Not what the engine reads as it is: it is looked at below, where there are words for it.
                    pass
                finally:
                    model.training_lock.release()
        return self._train_anything(x, y, sample_weight, class_weight, return_dict)

    def _say_the_same(self) -> bool:
        """Whether all say of their training what they said when the training was made."""
        seen = FREEZINGS.count
        if [owner.trainable for owner in self.owners] != self.said:
            return False
        self.seen = seen
        return True

    def _run(self, training: Training, x: Any, y: Any, weights: Any) -> float:
        model = self.model
        optimizer = model.optimizer
        assert optimizer is not None
        training.learning_rate = optimizer.rate_at(training.step)
        try:
            return training.run_batch(x, y, weights)
        except (NonFiniteError, NonFiniteWeightsError) as failure:
            raise_failure(model, failure, "this batch", training.learning_rate)

    def _train_anything(self, x: Any, y: Any, sample_weight: Any, class_weight: Any, return_dict: bool) -> Any:
        model = self.model
        optimizer, _ = model.needs_compile()
        if isinstance(optimizer, LBFGS):
            raise ValueError("LBFGS looks at all samples in every step: call fit, or choose another optimizer")
        with model.exclusively():
            samples = read_samples(model, x, y, sample_weight, class_weight)
            inputs, targets, weights = samples.inputs, samples.targets, samples.weights
            # Another training, such as a fit, may have gone on with the optimiser's state since.
            if (
                self.training is None
                or self.training is not model.optimizer_state.training
                or samples.count > self.capacity
                or not self._say_the_same()
            ):
                self.training = make_training(model, inputs, targets, samples.count, weights, streaming=True)
                self.capacity, self.seen = samples.count, FREEZINGS.count
                self.said = [owner.trainable for owner in self.owners]
            try:
                value = self._run(self.training, inputs, targets, weights)
            except NonFiniteDataError as failure:
                raise explain(model, inputs, targets, failure.sample) from None
            model.feature_names = samples.names
            outputs = take_rows(self.training.outputs, slice(samples.count))
            logs = loss_logs(model.output_names, value, self.training.losses_of_outputs)
            logs |= metrics_of(model.metrics, targets, outputs, weights, (slice(None),))
        values = list(logs.values())
        return logs if return_dict else values[0] if len(values) == 1 else values
