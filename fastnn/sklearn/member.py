"""One network of an estimator, its data and how its training goes."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.models import Sequential
from fastnn.models.rows import Inputs
from fastnn.optimizers.base import Optimizer
from fastnn.optimizers.lbfgs import LBFGS
from fastnn.sklearn.network import Output
from fastnn.sklearn.parameters import Parameters
from fastnn.sklearn.progress import Progress

__all__ = ["Job", "Member", "Task", "TrainingData", "ValidationData"]


@dataclass
class Member:
    """A model, the course of its training, of what its layers were made (`network.description`), and its optimiser.

    That is as the parameters have it: the model's own may have another learning rate by now, which a callback has set.
    """

    model: Sequential
    progress: Progress
    described: tuple[Any, ...]
    optimizer: Optimizer

    def kept(self) -> Callable[[], None]:
        """Remember weights, optimiser and course; returns what brings them back."""
        model, parameters, progress = self.model, self.model.parameters, self.progress
        assert parameters is not None
        weights, before = parameters.copy(), vars(progress).copy()
        optimizer, state, history = model.optimizer, copy.deepcopy(model.optimizer_state), model.history
        rate = None if optimizer is None or isinstance(optimizer, LBFGS) else optimizer.learning_rate
        epochs = history.epoch[-1] + 1 if history is not None and history.epoch else 0
        lengths = len(progress.loss_curve), len(progress.validation_scores)

        def restore() -> None:
            parameters[...] = weights
            if optimizer is not None and rate is not None:
                optimizer.learning_rate = rate
            model._keep(optimizer=optimizer, optimizer_state=state)
            if history is not None and history.epoch:
                part = history.before(epochs)
                history.history, history.epoch = part.history, part.epoch
                del history.threads[epochs:]
            model.history = history
            vars(progress).update(before)
            del progress.loss_curve[lengths[0] :], progress.validation_scores[lengths[1] :]

        return restore


@dataclass(frozen=True)
class TrainingData:
    """Rows of inputs and targets as the engine reads them, and the user's weights of samples, or None.

    ``constant`` is what scikit-learn's loss of each sample is beyond the package's, or None.
    """

    inputs: Inputs
    targets: NDArray[Any]
    weights: NDArray[np.float64] | None
    constant: NDArray[np.float64] | None = None

    @property
    def count(self) -> int:
        return int(self.inputs.shape[0])


@dataclass(frozen=True)
class ValidationData:
    """What a model is scored on after each epoch; targets are as the engine reads them."""

    inputs: Any
    targets: NDArray[Any]
    weights: NDArray[np.float64] | None


@dataclass(frozen=True)
class Task:
    """What an estimator's targets ask of a network.

    Attributes
    ----------
    outputs : int
        Of the last layer.
    score : callable of (outputs, validation data)
    stratify : callable of targets
        What a split for validation is stratified by, or None.
    """

    output: Output
    outputs: int
    score: Callable[[NDArray[Any], ValidationData], float]
    stratify: Callable[[NDArray[Any]], NDArray[Any] | None]


@dataclass
class Job:
    """All that training a member needs.

    Attributes
    ----------
    random_state : numpy.random.RandomState
        Of the order.
    threads : int or None
    incremental : bool
        One epoch alone, as ``partial_fit`` has it.
    stop : threading.Event
        Set where all members are to end after their epoch.
    """

    member: Member
    data: TrainingData
    validation: ValidationData | None
    task: Task
    parameters: Parameters
    random_state: np.random.RandomState
    threads: int | None
    incremental: bool
    stop: threading.Event = field(default_factory=threading.Event)
