"""``partial_fit`` of a batch at a time, with little between the user's arrays and the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from fastnn.models.training import make_training
from fastnn.sklearn.losses import factor_of, told_loss
from fastnn.sklearn.member import Job
from fastnn.sklearn.network import divisor_of
from fastnn.sklearn.stochastic import batch_size_of
from fastnn.sklearn.weighting import Weighting
from fastnn_ext.engine.training import Training

__all__ = ["Stepping"]


class Stepping:
    """Single steps of an estimator that has been fitted by ``partial_fit``, for arrays that need no conversion.

    Parameters
    ----------
    job : Job
        Of the call before; its parameters hold until one is assigned.
    encode : callable
        From the user's y to targets, or None where they need a closer look.
    """

    def __init__(self, job: Job, encode: Callable[[NDArray[Any]], NDArray[Any] | None]) -> None:
        self.job, self.encode = job, encode
        self.features = job.data.inputs.shape[1]
        self.largest = batch_size_of(2**31, job.parameters.batch_size)
        self.training: Training | None = None
        self.rows, self.capacity, self.rate, self.scaled = 0, 0, 1.0, False

    @staticmethod
    def possible(job: Job, random_state: Any) -> bool:
        """Whether steps of this job need nothing that `step` leaves out."""
        parameters = job.parameters
        # A generator of the user's moves on with every order that is drawn.
        plain = random_state is None or isinstance(random_state, int | np.integer)
        return plain and job.data.constant is None and not (parameters.verbose or parameters.callbacks)

    def step(self, X: Any, y: Any) -> bool:
        """Take a step; False where these arrays must be looked at first, with nothing changed."""
        if not (
            type(X) is type(y) is ndarray
            and X.ndim == 2
            and X.dtype.char in "fd"
            and 0 < len(X) == len(y) <= self.largest
            and X.shape[1] == self.features
        ):
            return False
        targets = self.encode(y)
        model = self.job.member.model
        if targets is None or not model.training_lock.acquire(blocking=False):
            return False
        try:
            total = self._ready(X, targets).run_batch(X, targets, self.weighting.array)
        except (TypeError, ValueError, FloatingPointError):
            # Whoever looks at it again has words for it.
            return False
        finally:
            model.training_lock.release()
        job, progress = self.job, self.job.member.progress
        assert self.training is not None
        loss = told_loss(job, total, self.training.losses_of_outputs[0], self.rate)
        progress.epochs = 0
        assert model.parameters is not None
        progress.add(loss, None, self.rows, job.parameters, model.parameters)
        progress.stops(job.parameters)
        return True

    def _ready(self, X: NDArray[Any], targets: NDArray[Any]) -> Training:
        """The engine's training, with what samples and penalties count in this step."""
        job, rows = self.job, len(X)
        model, training = job.member.model, self.training
        rate = job.member.progress.rate / job.parameters.learning_rate_init
        if training is None or model.optimizer_state.training is not training or rows > self.capacity:
            self._weigh(rows)
            training = make_training(model, X, targets, rows, self.weighting.array, streaming=True, threads=job.threads)
            self.training, self.capacity, self.scaled = training, rows, False
        elif rows != self.rows:
            self._weigh(rows)
        if not self.scaled or rate != self.rate:
            training.set_penalty_scales(self.weighting.prepare(None, rate))
            self.rate, self.scaled = rate, True
        return training

    def _weigh(self, rows: int) -> None:
        job = self.job
        divisor = divisor_of(job.member.model, job.parameters)
        self.weighting = Weighting(None, factor_of(job), rows, rows, divisor, job.parameters.changes_rate)
        self.rows, self.scaled = rows, False
