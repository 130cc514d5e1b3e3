"""Weights of samples and scales of penalties, by which the engine's means over a batch become scikit-learn's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Weighting"]

Numbers = NDArray[np.float64]


class Weighting:
    """What each sample and each batch of an epoch counts.

    The engine divides the sum of a batch by its samples, scikit-learn by the sum of their weights, and so it divides
    ``alpha``, which a smaller batch therefore feels more. Where the learning rate changes, scikit-learn's velocities
    keep the rates of their gradients: the engine's rate stays, and gradients are scaled in its place.

    Parameters
    ----------
    weights : ndarray of float64, shape (samples,), or None
        The user's.
    factor : float
        Of the loss.
    samples, batch_size : int
    divisor : float
        By which ``alpha`` has been divided in the model.
    changing : bool
        Whether rates change from epoch to epoch.

    Attributes
    ----------
    array : ndarray or None
        What the engine reads as the samples' weights: `prepare` writes into it.
    """

    def __init__(
        self, weights: Numbers | None, factor: float, samples: int, batch_size: int, divisor: float, changing: bool
    ) -> None:
        self.weights, self.factor, self.divisor = weights, factor, divisor
        self.starts = np.arange(0, samples, batch_size)
        self.counts = np.diff(self.starts, append=samples).astype(np.float64)
        constant = weights is None and factor == 1 and not changing
        self.array = None if constant else np.full(samples, factor)
        self.last: tuple[float, Numbers | None] | None = None

    def prepare(self, order: NDArray[Any] | None, rate: float) -> Numbers | None:
        """Weigh an epoch of samples in this order, with gradients times ``rate``. Returns the penalties' scales."""
        if self.weights is None:
            # All epochs at one rate are alike.
            if self.last is None or self.last[0] != rate:
                if self.array is not None:
                    self.array[...] = self.factor * rate
                scales = rate * self.divisor / self.counts
                self.last = rate, None if (scales == 1).all() else scales
            return self.last[1]
        assert self.array is not None
        weights = self.weights if order is None else self.weights[order]
        sums = np.add.reduceat(weights, self.starts)
        # A batch that counts nothing teaches nothing.
        inverse = np.divide(rate, sums, out=np.zeros_like(sums), where=sums > 0)
        shares = weights * np.repeat(self.factor * inverse * self.counts, self.counts.astype(np.intp))
        if order is None:
            self.array[...] = shares
        else:
            self.array[order] = shares
        scales = inverse * self.divisor
        return scales
