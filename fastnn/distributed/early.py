"""Sums that begin while the engine still works out the gradients of the layers below."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from numpy.typing import NDArray

from fastnn.distributed.sums import WholeSum
from fastnn_ext.engine.training import Training

__all__ = ["PAUSE", "EarlySums"]

# Seconds between two looks at what the engine has done, and at messages: each takes some 20 microseconds of a core that
# the engine may be using.
PAUSE = 1e-3


class EarlySums:
    """A thread that begins to sum buckets as the engine leaves them, and lets their messages pass.

    Nothing else may call MPI meanwhile.

    Parameters
    ----------
    sums : WholeSum
    """

    def __init__(self, sums: WholeSum) -> None:
        self._sums = sums
        self._thread = ThreadPoolExecutor(1, "fastnn-sums")

    @contextmanager
    def during(self, training: Training, gradient: NDArray[Any], factor: float) -> Iterator[None]:
        """While ``training.run_gradients`` works out this gradient, which is summed times a factor."""
        over = threading.Event()
        watching = self._thread.submit(self._watch, training, gradient, factor, over)
        try:
            yield
        finally:
            over.set()
            watching.result()

    def _watch(self, training: Training, gradient: NDArray[Any], factor: float, over: threading.Event) -> None:
        while not over.wait(PAUSE):
            bucket = self._sums.next_bucket
            while bucket is not None and training.done_from <= bucket.operation:
                self._sums.begin(gradient, factor)
                bucket = self._sums.next_bucket
            self._sums.go_on()
