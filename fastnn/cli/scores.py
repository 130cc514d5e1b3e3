"""Scores: what ``train`` and ``evaluate`` say of a model's answers for samples whose truth is known."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn import metrics
from fastnn.cli.samples import Samples
from fastnn.models.base import BaseModel

__all__ = ["class_scores", "scores"]


def scores(model: BaseModel, samples: Samples, output: NDArray[Any] | None = None) -> dict[str, float]:
    """The number of rows and what fits the task: loss and accuracy; or RMSE, MAE and R².

    ``output`` is what the model predicts, where that is known already.
    """
    output = model.predict(samples.x) if output is None else output
    y = samples.y
    values: dict[str, float] = {"rows": len(y)}
    if model.optimizer is not None:
        values["loss"] = float(model.evaluate(samples.x, y, return_dict=True)["loss"])
    if output.shape[1] > 1:
        return {**values, "accuracy": metrics.accuracy(y, output)}
    values["rmse"] = metrics.mean_squared_error(y, output) ** 0.5
    values["mae"] = metrics.mean_absolute_error(y, output)
    # Of rows that are all the same there is nothing to explain.
    values["r2"] = metrics.r2(y, output) if np.ptp(y) > 0 else float("nan")
    return values


def class_scores(y: NDArray[Any], output: NDArray[Any], classes: Sequence[str]) -> dict[str, dict[str, float]]:
    """For each class its rows, precision, recall and F1; NaN where there is nothing to judge by."""
    nothing = float("nan")
    precision, recall, f1 = (
        np.asarray(metric(y, output, average=None, zero_division=nothing))
        for metric in (metrics.precision, metrics.recall, metrics.f1)
    )
    counts = np.bincount(y, minlength=len(classes))
    return {
        name: {"rows": int(counts[i]), "precision": float(precision[i]), "recall": float(recall[i]), "f1": float(f1[i])}
        for i, name in enumerate(classes)
    }
