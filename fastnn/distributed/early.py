"""Sums that begin while the engine still works out the gradients of the layers below."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeVar

from numpy.typing import NDArray

from fastnn.distributed.sums import WholeSum
from fastnn_ext.engine.training import Training

__all__ = ["PAUSE", "EarlySums"]

# Seconds between two looks at what the engine has done, and at messages: each takes some 20 microseconds of a core that
# the engine may be using.
PAUSE = 1e-3

Result = TypeVar("Result")


class _Task(NamedTuple):
    """A gradient that the engine works out, until something is put in ``over``; what came of it goes to ``ended``."""

    training: Training
    gradient: NDArray[Any]
    factor: float
    over: SimpleQueue[None]
    ended: SimpleQueue[BaseException | None]


class EarlySums:
    """A thread that begins to sum buckets as the engine leaves them, and lets their messages pass.

    Nothing else may call MPI meanwhile. Ctrl-C may come at any moment: the two threads have queues alone in common,
    which it leaves whole, and not locks, as those of an executor are.

    Parameters
    ----------
    sums : WholeSum
    """

    def __init__(self, sums: WholeSum) -> None:
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        # Nobody waits for it at the end of the process.
        threading.Thread(target=_serve, args=(sums, self._tasks), name="fastnn-sums", daemon=True).start()
        weakref.finalize(self, self._tasks.put, None)

    def beside(self, run: Callable[[], Result], training: Training, gradient: NDArray[Any], factor: float) -> Result:
        """What ``run()`` gives, in which ``training`` works out a gradient; meanwhile it is summed, times a factor."""
        task = _Task(training, gradient, factor, SimpleQueue(), SimpleQueue())
        try:
            self._tasks.put(task)
            return run()
        finally:
            task.over.put(None)
            error = task.ended.get()
            if error is not None:
                raise error


def _serve(sums: WholeSum, tasks: SimpleQueue[_Task | None]) -> None:
    while (task := tasks.get()) is not None:
        try:
            _watch(sums, task)
        except BaseException as error:
            task.ended.put(error)
        else:
            task.ended.put(None)
        # A thread that waits keeps nothing.
        del task


def _watch(sums: WholeSum, task: _Task) -> None:
    while True:
        try:
            return task.over.get(timeout=PAUSE)
        except Empty:
            pass
        bucket = sums.next_bucket
        while bucket is not None and task.training.done_from <= bucket.operation:
            sums.begin(task.gradient, task.factor)
            bucket = sums.next_bucket
        sums.go_on()
