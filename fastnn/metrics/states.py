"""What a metric remembers from one batch to the next: a running mean, sums of counts, or the rows themselves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.convert import to_dense_array

__all__ = ["Counted", "Rows", "RunningMean", "weights_of"]


class RunningMean:
    """The mean of what was added, each with its weight.

    >>> mean = RunningMean()
    >>> mean.add(1.0, 2.0)
    >>> mean.add(4.0, 1.0)
    >>> mean.value
    2.0
    """

    def __init__(self) -> None:
        self.value, self.weight = math.nan, 0.0

    def add(self, value: float, weight: float) -> None:
        if weight == 0:
            return
        whole = self.weight + weight
        # The first value stays as it is, to the last digit.
        self.value = value if self.weight == 0 else (self.value * self.weight + value * weight) / whole
        self.weight = whole


class Counted:
    """Sums of counts, arrays of one shape."""

    def __init__(self) -> None:
        self.counts: NDArray[np.float64] | None = None

    def add(self, counts: NDArray[np.float64]) -> None:
        self.counts = counts if self.counts is None else self.counts + counts


class Rows:
    """All targets, outputs and weights so far, copied."""

    def __init__(self) -> None:
        self._parts: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
        self._weighted = False

    def add(self, true: ArrayLike, pred: ArrayLike, weights: NDArray[np.float64] | None) -> None:
        # Copies: PyTorch warns where it is asked for one itself.
        part = (
            np.asarray(true).copy(),
            np.asarray(pred).copy(),
            np.ones(len(np.atleast_1d(pred))) if weights is None else weights,
        )
        if self._parts:
            for name, new, old in zip(("y_true", "y_pred"), part, self._parts[0], strict=False):
                if new.shape[1:] != old.shape[1:] or new.ndim != old.ndim:
                    raise ValueError(
                        f"{name} must have the shape of the batches before, {('samples', *old.shape[1:])}, but its "
                        f"shape is {new.shape}: call reset_state for other data"
                    )
        self._weighted = self._weighted or weights is not None
        self._parts.append(part)

    def __len__(self) -> int:
        return len(self._parts)

    def all(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64] | None]:
        """Targets, outputs, and weights where some batch had them."""
        true, pred, weights = (np.concatenate(parts) for parts in zip(*self._parts, strict=True))
        return true, pred, weights if self._weighted else None


def weights_of(sample_weight: ArrayLike | None, samples: int) -> NDArray[Any] | None:
    """``sample_weight`` as (samples,), where it is a number or has an axis of length one at its end."""
    if sample_weight is None:
        return None
    weights = to_dense_array(sample_weight, "sample_weight")
    if weights.ndim == 0:
        return np.full(samples, weights[()])
    return weights[:, 0] if weights.ndim == 2 and weights.shape[1] == 1 else weights
