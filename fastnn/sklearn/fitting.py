"""Fitting the networks of an estimator: made or taken up again, trained one by one or side by side."""

from __future__ import annotations

import math
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from fastnn.models.inputs import read_inputs
from fastnn.sklearn.full_batch import minimize
from fastnn.sklearn.member import Job, Member, Task, TrainingData, ValidationData
from fastnn.sklearn.network import description, make_model, optimizer_of
from fastnn.sklearn.parameters import STOCHASTIC, Parameters
from fastnn.sklearn.progress import Progress
from fastnn.sklearn.seeding import random_state_of, seeded
from fastnn.sklearn.stochastic import batch_size_of, train_stochastically
from fastnn.sklearn.workers import threads_of

__all__ = ["fit_members"]


def fit_members(
    parameters: Parameters,
    task: Task,
    data: TrainingData,
    validation: ValidationData | None,
    dtype: np.dtype[Any],
    random_state: Any,
    members: list[Member],
    incremental: bool,
) -> list[Job]:
    """Train the networks of an estimator; see `BaseMLP`. ``members`` are those that go on, or none."""
    if members and len(members) != parameters.n_members:
        raise ValueError(
            f"the estimator has {len(members)} networks and cannot go on with n_members={parameters.n_members}: "
            "fit it with warm_start=False first"
        )
    wanted = parameters.batch_size
    if wanted is not None and wanted > data.count and not incremental and parameters.solver in STOCHASTIC:
        warnings.warn(f"batch_size={wanted} is more than the {data.count} samples: all are a batch", stacklevel=5)
    jobs = []
    for number, generator in enumerate(_random_states(random_state, parameters.n_members)):
        old = members[number] if members else None
        jobs.append(_job(parameters, task, data, validation, dtype, generator, old, incremental))
    if len(jobs) == 1:
        _train(jobs[0])
    else:
        _train_side_by_side(jobs, parameters.n_jobs)
    for job in jobs:
        _warn(job)
    return jobs


def _random_states(given: Any, count: int) -> list[np.random.RandomState]:
    """The first is the user's own, as in scikit-learn; those of the other networks come from a copy of it."""
    first = random_state_of(given)
    if count == 1:
        return [first]
    copied = seeded(0)
    copied.set_state(first.get_state())
    return [first, *(seeded(seed) for seed in copied.randint(2**31 - 1, size=count - 1))]


def _job(
    parameters: Parameters,
    task: Task,
    data: TrainingData,
    validation: ValidationData | None,
    dtype: np.dtype[Any],
    random_state: np.random.RandomState,
    old: Member | None,
    incremental: bool,
) -> Job:
    if parameters.solver == "lbfgs":
        counted = data.count if data.weights is None else float(data.weights.sum())
    else:
        counted = batch_size_of(data.count, parameters.batch_size)
    shape = data.inputs.shape[1], task.outputs
    described = description(parameters, *shape, task.output)
    if old is None:
        model = make_model(parameters, *shape, task.output, dtype, counted, random_state)
    else:
        model = old.model
        if described != old.described:
            # Another penalty, activation or dropout: the same weights go on.
            fresh = make_model(parameters, *shape, task.output, model.dtype, counted, seeded(0))
            try:
                fresh.set_weights(model.get_weights())
            except ValueError as error:
                raise ValueError(
                    f"the networks cannot go on in another shape: {error}; fit with warm_start=False first"
                ) from None
            model = fresh
    optimizer = optimizer_of(parameters)
    # Of the same optimiser the state goes on, and the rate that a callback has set.
    anew = model.optimizer is None or old is None or old.optimizer != optimizer
    if anew:
        model.compile(optimizer_of(parameters), task.output.loss)
    progress = _progress(parameters, old, anew)
    if progress.scored and validation is None:
        data, validation = _split(task, parameters, data, random_state)
    rows = read_inputs(model, data.inputs, "X")
    return Job(
        member=Member(model, progress, described, optimizer),
        data=TrainingData(rows, data.targets, data.weights, data.constant),
        validation=validation,
        task=task,
        parameters=parameters,
        random_state=random_state,
        threads=threads_of(parameters.n_jobs),
        incremental=incremental,
    )


def _progress(parameters: Parameters, old: Member | None, anew: bool) -> Progress:
    """The course that goes on, or a new one."""
    scored = parameters.early_stopping and parameters.solver in STOCHASTIC
    if old is None or old.progress.solver != parameters.solver or old.progress.scored != scored:
        return Progress(solver=parameters.solver, scored=scored, rate=parameters.learning_rate_init)
    if anew:
        old.progress.rate = parameters.learning_rate_init
    return old.progress


def _split(
    task: Task, parameters: Parameters, data: TrainingData, random_state: np.random.RandomState
) -> tuple[TrainingData, ValidationData]:
    """Samples for training and for validation, as scikit-learn splits them."""
    share = parameters.validation_fraction
    # As many as scikit-learn takes.
    if (count := math.ceil(share * data.count)) < 2:
        raise ValueError(f"validation_fraction={share} of {data.count} samples is {count}, too few: make it larger")
    train, held = train_test_split(
        np.arange(data.count), random_state=random_state, test_size=share, stratify=task.stratify(data.targets)
    )
    inputs: Any = data.inputs

    def part(rows: Any) -> tuple[Any, ...]:
        return tuple(None if array is None else array[rows] for array in (data.weights, data.constant))

    return (
        TrainingData(inputs[train], data.targets[train], *part(train)),
        ValidationData(inputs[held], data.targets[held], part(held)[0]),
    )


def _train(job: Job) -> None:
    if job.parameters.solver == "lbfgs":
        minimize(job)
    else:
        train_stochastically(job)


def _train_side_by_side(jobs: list[Job], threads: int | None) -> None:
    """Train each in a thread of its own, as many at a time as there are threads."""
    from fastnn.threads import get_num_threads

    workers = min(len(jobs), threads_of(threads) or get_num_threads())
    for job in jobs:
        job.threads = 1
        job.stop = jobs[0].stop
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(_train, job) for job in jobs]
        try:
            for future in futures:
                future.result()
        except KeyboardInterrupt:
            jobs[0].stop.set()
            warnings.warn("Training interrupted by user.", stacklevel=2)
        except BaseException:
            jobs[0].stop.set()
            raise


def _warn(job: Job) -> None:
    progress, parameters = job.member.progress, job.parameters
    if progress.converged or job.incremental:
        return
    if parameters.solver == "lbfgs":
        text = f"lbfgs did not converge after {progress.epochs} iterations ({progress.message})"
    else:
        text = f"the loss still improves after max_iter={parameters.max_iter} epochs"
    warnings.warn(f"{text}: raise max_iter, or scale the data to about 1", ConvergenceWarning, stacklevel=6)
