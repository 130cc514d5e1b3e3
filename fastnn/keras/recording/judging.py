"""Losses of recorded outputs: their values, and the way back by their derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.keras.recording.recorded import Recorded
from fastnn.keras.recording.rules import apply
from fastnn.losses.base import CustomLoss
from fastnn.losses.calling import sample_values

__all__ = ["judged", "values_of"]


def values_of(loss: Any, y_true: Any, y_pred: Recorded) -> Recorded:
    """The loss of each row of recorded outputs.

    >>> from fastnn.losses import MeanSquaredError
    >>> values_of(MeanSquaredError(), np.zeros((1, 2)), Recorded(np.array([[1.0, 3.0]]))).value
    array([5.])
    """
    if isinstance(loss, CustomLoss):
        if not hasattr(loss, "function"):
            raise TypeError(f"the loss {loss.name} has a gradient of its own, which no tape can take: fit with it")
        found: Recorded = loss.function(np.asarray(y_true), y_pred)
        return found
    values = sample_values(loss, y_true, y_pred.value)
    outputs = y_pred.shape[-1]
    true, pred = np.asarray(y_true), y_pred.value.reshape(-1, outputs)
    rows = true.reshape(-1, outputs) if true.shape == y_pred.shape else true.reshape(-1)
    slope = loss.derivative(loss.targets(rows, outputs), pred.astype(np.float64)).reshape(y_pred.shape)
    share = 1 if loss.summed else outputs
    return Recorded(values.astype(y_pred.dtype), ((y_pred, lambda g: np.expand_dims(g, -1) * slope / share),))


def judged(loss: Any, y_true: Any, y_pred: Recorded, sample_weight: Any = None) -> Any:
    """A loss called on recorded outputs, reduced as it says."""
    values = values_of(loss, y_true, y_pred)
    if sample_weight is not None:
        values = apply("multiply", values, np.asarray(sample_weight, dtype=values.dtype).reshape(values.shape))
    if loss.reduction in (None, "none"):
        return values
    total = apply("sum", values)
    if loss.reduction == "sum":
        return total
    if loss.reduction == "mean_with_sample_weight" and sample_weight is not None:
        return apply("divide", total, float(np.sum(sample_weight)))
    return apply("divide", total, max(1, values.size))


Recorded.judge = staticmethod(judged)
