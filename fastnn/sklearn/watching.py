"""An estimator's callbacks: which may watch it, and what they are told of validation."""

from __future__ import annotations

from fastnn.callbacks.base import Callback, CallbackList
from fastnn.models import Sequential
from fastnn.models.evaluation import told_of_evaluation
from fastnn.sklearn.member import Job
from fastnn.sklearn.parameters import Parameters

__all__ = ["validation_score", "watchers_of"]


def watchers_of(parameters: Parameters, model: Sequential) -> CallbackList:
    """The callbacks that watch a model's training.

    Raises
    ------
    ValueError
        For one that watches batches, or would restore a training that an estimator does not go on with.
    """
    watchers = CallbackList(parameters.callbacks, model)
    if watchers.watches_batches or watchers.watches_test_batches:
        raise ValueError("an estimator's callbacks are told of epochs: leave out those that watch batches")
    for callback in watchers.callbacks:
        if type(callback).restored_epochs is not Callback.restored_epochs:
            raise ValueError(
                f"{type(callback).__name__} restores a model, but not the scores and the order of samples of an "
                "estimator: leave it out, and go on with warm_start=True, or fit a fastnn.Sequential"
            )
    return watchers


def validation_score(job: Job, watchers: CallbackList) -> float | None:
    """What scikit-learn's rules compare between epochs, where samples are held out; callbacks are told of it."""
    if job.validation is None:
        return None
    with told_of_evaluation(watchers) as logs:
        logs["score"] = job.task.score(job.member.model.predict(job.validation.inputs), job.validation)
    return logs["score"]
