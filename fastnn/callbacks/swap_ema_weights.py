"""Averaged weights: an exponential moving average of the weights, in their place for validation or for good."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fastnn.callbacks.base import Callback, Logs
from fastnn.callbacks.states import WEIGHTS_OR_NONE
from fastnn.checking.scalars import non_negative_number, true_or_false

__all__ = ["SwapEMAWeights"]


class SwapEMAWeights(Callback):
    """Average the weights of all batches, ``average = momentum * average + (1 - momentum) * weights``, and use that.

    The average begins with the weights after the first batch (Polyak and Juditsky 1992). It takes the weights' place in
    each validation; after ``fit`` the weights are those that were trained. Training goes batch by batch.

    Parameters
    ----------
    swap_on_epoch : bool, default False
        The average is in place from each epoch's end, where callbacks behind this one find it, such as a
        `ModelCheckpoint`, to the beginning of the next, and stays after ``fit``.
    momentum : float, default 0.99
        In [0, 1). In Keras the optimiser has it, as ``ema_momentum``.

    Attributes
    ----------
    averages : list of ndarray, or None
        Of all weights, in the order of ``model.get_weights()``.

    Examples
    --------
    >>> from fastnn.layers import Dense
    >>> from fastnn.models import Sequential
    >>> model = Sequential([Dense(1)], seed=0)
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> average = SwapEMAWeights(swap_on_epoch=True, momentum=0.9)
    >>> history = model.fit(np.ones((8, 2)), np.zeros(8), epochs=2, callbacks=[average])
    >>> len(average.averages)
    2
    """

    _state_kinds: ClassVar = {"averages": WEIGHTS_OR_NONE}

    def __init__(self, swap_on_epoch: bool = False, *, momentum: float = 0.99) -> None:
        self.swap_on_epoch = true_or_false(swap_on_epoch, "swap_on_epoch")
        self.momentum = non_negative_number(momentum, "momentum")
        if self.momentum >= 1:
            raise ValueError(f"momentum must be below 1, but it is {self.momentum}")
        self.averages: list[NDArray[Any]] | None = None
        # What was trained, while the average is in its place.
        self._trained: list[NDArray[Any]] | None = None

    def get_state(self) -> dict[str, Any]:
        return {"averages": None if self.averages is None else [average.copy() for average in self.averages]}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.averages = self._trained = None

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        super().on_train_batch_end(batch, logs)
        weights = self.model.get_weights()
        if self.averages is None:
            self.averages = weights
            return
        for average, array in zip(self.averages, weights, strict=True):
            # What is frozen is its own average, to the last bit.
            if np.array_equal(average, array):
                continue
            average *= self.momentum
            average += np.asarray((1 - self.momentum) * array, average.dtype)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._put_in_place()

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._take_back()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._take_back()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        if self.swap_on_epoch:
            self._put_in_place()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if not self.swap_on_epoch:
            self._take_back()

    def _put_in_place(self) -> None:
        if self.averages is not None and self._trained is None:
            self._trained = self.model.get_weights()
            self.model.set_weights(self.averages)

    def _take_back(self) -> None:
        if self._trained is not None:
            self.model.set_weights(self._trained)
            self._trained = None
