"""A loss called by itself: targets and outputs become rows, rows become values of samples, and these are reduced."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.numbers import numeric_array
from fastnn.checking.number import Number

__all__ = ["CalledLoss", "reduced", "sample_values"]


class CalledLoss(Protocol):
    """What a call asks of a `Loss`."""

    @property
    def summed(self) -> bool: ...

    def targets(self, y: NDArray[Any], outputs: int) -> NDArray[Any]: ...

    def check_range(self, y: NDArray[Any]) -> None: ...

    def of_any_outputs(self, y_true: Any, y_pred: Any) -> Any: ...


def sample_values(loss: CalledLoss, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[np.float64]:
    """The loss of each row of outputs, in the shape of ``y_pred`` without its last axis.

    As in Keras, an array of one axis is one row, and targets may lack an axis of length one at the end, or have it.
    """
    pred, true = numeric_array(y_pred, "y_pred"), numeric_array(y_true, "y_true")
    if pred.ndim == 0 or pred.size == 0:
        raise ValueError(f"y_pred must be outputs of shape (..., outputs), at least one, but its shape is {pred.shape}")
    shape, outputs = pred.shape[:-1], pred.shape[-1]
    # Targets of all losses but one have as many columns as there are outputs; those of that one have a number a row.
    rows: NDArray[Any]
    if true.shape == pred.shape:
        rows = true.reshape(-1, outputs)
    elif true.shape in (shape, (*shape, 1)):
        rows = true.reshape(-1)
    else:
        raise ValueError(
            f"y_true must have the shape of y_pred, {pred.shape}, or for class numbers {shape}, but its shape is "
            f"{true.shape}"
        )
    targets = loss.targets(rows, outputs)
    loss.check_range(targets)
    with np.errstate(all="ignore"):  # what is not finite in outputs is not finite in the result
        values = loss.of_any_outputs(
            targets if targets.dtype.kind == "i" else targets.astype(np.float64),
            pred.reshape(-1, outputs).astype(np.float64),
        )
    totals: NDArray[np.float64] = values.sum(axis=1) if loss.summed else values.mean(axis=1)
    return totals.reshape(shape)


def reduced(values: NDArray[np.float64], sample_weight: ArrayLike | None, reduction: str | None) -> Any:
    """What a loss makes of its samples' values: see `Loss`.

    >>> reduced(np.array([1.0, 3.0]), [1.0, 0.0], "mean_with_sample_weight")
    1.0
    """
    weights = None
    if sample_weight is not None:
        weights = _weights(sample_weight, values.shape)
        values = values * weights
    if reduction in (None, "none"):
        return values
    total = float(values.sum())
    if reduction == "sum":
        return Number(total)
    if reduction == "mean_with_sample_weight" and weights is not None:
        whole = float(weights.sum())
        return Number(total / whole if whole else 0.0)
    return Number(total / max(1, values.size))


def _weights(sample_weight: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    weights = numeric_array(sample_weight, "sample_weight").astype(np.float64)
    if weights.shape == (*shape, 1):
        weights = weights.reshape(shape)
    if weights.ndim and weights.shape != shape:
        raise ValueError(
            f"sample_weight must be a number, or have a weight for each row, {shape}, but its shape is "
            f"{weights.shape}: an array of one axis is one row, so give outputs the shape (samples, outputs)"
        )
    if not np.isfinite(weights).all():
        raise ValueError("sample_weight must hold finite numbers")
    return np.broadcast_to(weights, shape)
