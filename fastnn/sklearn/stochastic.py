"""Training by sgd or adam: epochs of the engine, in scikit-learn's order and judged by its rules."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.callbacks.base import CallbackList
from fastnn.callbacks.history import History
from fastnn.models.inputs import explain
from fastnn.models.training import make_training, raise_or_stop
from fastnn.sklearn.losses import constant_of, told_loss, weighting_of
from fastnn.sklearn.member import Job
from fastnn.sklearn.watching import validation_score, watchers_of
from fastnn_ext.engine.plan import NonFiniteDataError
from fastnn_ext.engine.training import NonFiniteError, NonFiniteWeightsError, Training

__all__ = ["batch_size_of", "train_stochastically"]

# Of batch_size="auto".
_BATCH_SIZE = 200


def batch_size_of(job_samples: int, wanted: int | None) -> int:
    """Samples of a batch, no more than there are."""
    return min(_BATCH_SIZE if wanted is None else wanted, job_samples)


class _Epochs:
    """The epochs of a job: the order of samples, what they count, and their loss."""

    def __init__(self, job: Job) -> None:
        self.job = job
        model, data, parameters = job.member.model, job.data, job.parameters
        size = batch_size_of(data.count, parameters.batch_size)
        self.weighting = weighting_of(job, size)
        self.order: NDArray[np.intp] | None = np.arange(data.count) if parameters.shuffle else None
        self.training: Training = make_training(
            model,
            data.inputs,
            data.targets,
            size,
            self.weighting.array,
            keep_index=not job.incremental,
            threads=job.threads,
        )

    def run(self) -> float:
        """Train once over the data; returns the loss that scikit-learn tells."""
        job, progress = self.job, self.job.member.progress
        if self.order is not None:
            # As sklearn.utils.shuffle of the order so far.
            permutation = np.arange(job.data.count)
            job.random_state.shuffle(permutation)
            self.order = self.order[permutation]
        rate = progress.rate / job.parameters.learning_rate_init
        training, optimizer = self.training, job.member.model.optimizer
        assert optimizer is not None
        # A callback may have set it.
        training.learning_rate = optimizer.rate_at(training.step)
        training.set_penalty_scales(self.weighting.prepare(self.order, rate))
        total = training.run_epoch(self.order)
        constant = constant_of(job, self.weighting, rate)
        return told_loss(job, total, training.losses_of_outputs[0], rate, constant)


def train_stochastically(job: Job) -> None:
    """Train a member until it no longer improves, or for the most epochs.

    Raises
    ------
    FloatingPointError
        When loss or weights stop being finite, with the weights from before that epoch.
    """
    model, parameters = job.member.model, job.parameters
    watchers = watchers_of(parameters, model)
    history = History() if job.member.progress.epochs == 0 or model.history is None else model.history
    history.params = {"epochs": parameters.max_iter, "steps": None, "verbose": 0, "validation_freq": 1}
    with model.exclusively():
        model.stop_training, model.history = False, history
        try:
            epochs = _Epochs(job)
            watchers.on_train_begin()
            try:
                _run(job, epochs, watchers, history)
            except NonFiniteDataError as failure:
                raise explain(model, job.data.inputs, job.data.targets, failure.sample) from None
            except (NonFiniteError, NonFiniteWeightsError) as failure:
                where = f"epoch {job.member.progress.epochs + 1}"
                # Whoever fits the estimator brings the optimiser's state back.
                raise_or_stop(model, failure, where, epochs.training.learning_rate, watchers, anew=False)
            finally:
                watchers.on_train_end()
        finally:
            model.optimizer_state.take_back()


def _run(job: Job, epochs: _Epochs, watchers: CallbackList, history: History) -> None:
    model, parameters, progress = job.member.model, job.parameters, job.member.progress
    weights = model.parameters
    assert weights is not None
    progress.epochs, progress.converged = 0, True
    most = 1 if job.incremental else parameters.max_iter
    first = history.epoch[-1] + 1 if history.epoch else 0
    try:
        _epochs(job, epochs, watchers, history, range(first, first + most))
    except KeyboardInterrupt:
        warnings.warn("Training interrupted by user.", stacklevel=2)
    if progress.scored and parameters.restore_best_weights and progress.best_parameters is not None:
        weights[...] = progress.best_parameters


def _epochs(job: Job, epochs: _Epochs, watchers: CallbackList, history: History, numbers: range) -> None:
    model, parameters, progress = job.member.model, job.parameters, job.member.progress
    assert model.parameters is not None
    for number in numbers:
        watchers.on_epoch_begin(number)
        if watchers.may_change_data:
            epochs.training.read_anew()
        loss = epochs.run()
        score = validation_score(job, watchers)
        progress.add(loss, score, job.data.count, parameters, model.parameters)
        if parameters.verbose:
            print(f"Iteration {progress.epochs}, loss = {loss:.8f}")
            if score is not None:
                print(f"Validation score: {score:f}")
        logs: dict[str, Any] = {"loss": loss} if score is None else {"loss": loss, "val_score": score}
        history.add(number, logs)
        watchers.on_epoch_end(number, logs)
        if progress.stops(parameters) or model.stop_training or job.stop.is_set():
            return
    progress.converged = job.incremental
