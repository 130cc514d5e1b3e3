"""Ranks: the processes of a run, what they sum and exchange, and how an error in one becomes an error in all.

Every exchange begins with a sum of a few numbers that is the same wherever in a training a rank is. One that has failed
takes part in the next such sum, whichever the others come to, and says so: all then raise its error.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastnn.distributed.buckets import Bucket
from fastnn.distributed.early import EarlySums
from fastnn.distributed.shared_memory import shared_rows
from fastnn.distributed.sums import HalfSum, SharedSum, Sum, WholeSum
from fastnn_ext.engine.training import Training

__all__ = ["Ranks", "kept_by", "weight_of"]

T = TypeVar("T")

# Seconds that ranks wait at most for each other's last words.
_PATIENCE = 3.0

# What the numbers of that sum are.
_FAILED, _SUMMING, _ROWS, _LOSS, _NUMBERS = range(5)


class Ranks:
    """The processes of a communicator.

    Parameters
    ----------
    library : module
        ``mpi4py.MPI``.
    comm : mpi4py.MPI.Intracomm
        A copy of it is used, so that nobody else's messages meet these.
    half_precision : bool
        Whether `mean_step` sums in half precision.
    overlap : bool
        Whether buckets of a gradient are summed before it is whole.
    shared_memory : bool
        Whether all ranks are on one machine: they sum in memory that all of them see, where there is any.

    Attributes
    ----------
    rank, size : int
    waited : float
        Seconds in sums of gradients so far, for other ranks and for messages.
    """

    def __init__(
        self,
        library: Any,
        comm: Any,
        half_precision: bool = False,
        overlap: bool = False,
        shared_memory: bool = False,
    ) -> None:
        kept = kept_by(library, comm)
        self._library, self._comm, self._gradients = library, kept["copy"], kept["gradients"]
        self._sum: Sum = HalfSum(self._gradients) if half_precision else WholeSum(library, self._gradients)
        self.overlap = overlap
        self._shares = shared_memory and not half_precision and not overlap and self._comm.size > 1
        self._early: EarlySums | None = None
        self.rank: int = self._comm.rank
        self.size: int = self._comm.size
        self.waited = 0.0
        self._status = np.zeros(_NUMBERS)
        # What gradients are summed in, where a rank that has none of its own takes part.
        self._zeros: NDArray[Any] | None = None
        self._error: BaseException | None = None
        self._midway = False

    def __repr__(self) -> str:
        return f"rank {self.rank} of {self.size}"

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Around what all ranks do: an error in one is raised in all, and all leave it together."""
        # Of what goes on around it, such as a fit whose callback trains another model.
        outer = self._sum, self._early, self._zeros
        self._error, self._zeros = None, None
        try:
            yield
            self.meet()
        except BaseException as error:
            if error is self._error:
                raise
            if self._midway:
                # The others wait for something that no longer comes, and cannot be told.
                self._end_all(error)
            self.fail(error)
        finally:
            self._sum, self._early, self._zeros = outer

    def meet(self) -> None:
        """Wait for all, and hear of errors."""
        self._agree()

    def exchange(self, value: T) -> list[T]:
        """What each rank gives, by rank."""
        self._agree()
        with self._exchanging():
            return list(self._comm.allgather(value))

    def first(self, value: T | None) -> T:
        """What rank 0 gives; others may give None."""
        self._agree()
        with self._exchanging():
            told: T = self._comm.bcast(value, root=0)
        return told

    def gather(self, value: T) -> list[T] | None:
        """What each rank gives, at rank 0; None elsewhere."""
        self._agree()
        with self._exchanging():
            parts: list[T] | None = self._comm.gather(value, root=0)
        return parts

    def copy_first(self, array: NDArray[Any]) -> None:
        """Put rank 0's numbers into the arrays of all."""
        self._agree()
        with self._exchanging():
            self._comm.Bcast(array, root=0)

    def total(self, numbers: NDArray[Any]) -> NDArray[Any]:
        """The sum over ranks, in place."""
        self._agree()
        with self._exchanging():
            self._comm.Allreduce(self._library.IN_PLACE, numbers)
        return numbers

    def prepare(self, numbers: int, dtype: DTypeLike, buckets: Sequence[Bucket] = ()) -> NDArray[Any]:
        """Say what `mean_step` is going to sum, and what of it may begin before; return the vector for it, of zeros."""
        self._zeros = np.zeros(numbers, dtype)
        if self.overlap:
            self._sum = WholeSum(self._library, self._gradients, buckets)
            self._early = EarlySums(self._sum) if buckets else None
        if not self._shares:
            return np.zeros(numbers, dtype)
        rows = shared_rows(self, self.size + 1, numbers, dtype)
        if rows is None:
            self._sum = WholeSum(self._library, self._gradients)
            return np.zeros(numbers, dtype)
        self._sum = SharedSum(self._gradients, rows)
        return self._sum.own

    def summing_early(self, run: Callable[[], T], training: Training, gradient: NDArray[Any], weight: float) -> T:
        """What ``run()`` gives, in which the engine works out a gradient: what is complete may be summed at once."""
        if self._early is None:
            return run()
        return self._early.beside(run, training, gradient, weight)

    def mean_step(
        self, gradient: NDArray[Any], rows: int, loss: float, all_rows: int | None = None
    ) -> tuple[NDArray[Any], int, float]:
        """The mean of gradients over all ranks' rows, and the sums of rows and of losses.

        The mean takes the gradient's place, or that of the mean before. Where it is known how many rows all have, that
        takes one pass over the numbers less. The gradient's numbers are no longer its own.
        """
        status = self._status
        status[:] = 0
        status[_SUMMING], status[_ROWS], status[_LOSS] = 1, rows, loss
        begin = time.perf_counter()
        with self._exchanging():
            first = self._comm.Iallreduce(self._library.IN_PLACE, status)
            mean = self._sum(gradient, weight_of(rows, all_rows))
            first.Wait()
        self.waited += time.perf_counter() - begin
        self._hear(summing=True)
        found = int(status[_ROWS])
        if all_rows is None and found:
            mean = np.divide(mean, found, out=gradient)
        return mean, found, float(status[_LOSS])

    def agreed(self, error: BaseException, teller: int = 0) -> BaseException:
        """An error that all ranks are about to raise, since they know the same; one of them tells of it in full."""
        self._error = error
        # On the error itself, which may be of any class: whoever catches it has nothing else at hand.
        error.agreement = self, self.rank == teller  # type: ignore[attr-defined]
        return error

    def wait_a_moment(self) -> None:
        """Wait until all have told of an error that nobody caught, but not for those who went on."""
        request = self._comm.Ibarrier()
        end = time.monotonic() + _PATIENCE
        while not request.Test() and time.monotonic() < end:
            time.sleep(0.01)

    def fail(self, error: BaseException) -> NoReturn:
        """Tell the others of an error of this rank's own, and raise what all raise."""
        self._sum_status(failed=1, summing=self._sum.begun)
        self._join_sums(summing=False)
        self._raise(error)

    def _agree(self) -> None:
        self._sum_status(failed=0)
        self._hear(summing=False)

    def _sum_status(self, failed: int, summing: bool = False) -> None:
        self._status[:] = 0
        self._status[_FAILED], self._status[_SUMMING] = failed, summing
        with self._exchanging():
            # No other kind of sum meets that of `mean_step`.
            self._comm.Iallreduce(self._library.IN_PLACE, self._status).Wait()

    def _hear(self, summing: bool) -> None:
        """Raise where a rank has failed, or where ranks have come to different exchanges."""
        failed, sums = self._status[_FAILED], self._status[_SUMMING]
        if failed:
            self._join_sums(summing)
            self._raise(None)
        if 0 < sums < self.size:
            self._join_sums(summing)
            self._raise(
                None
                if summing
                else RuntimeError(
                    "this rank has come to the end of an epoch before others: a callback "
                    "or an iterable of its own has ended it"
                )
            )

    def _join_sums(self, summing: bool) -> None:
        """Take part in the sum of gradients that others have begun."""
        if summing or not self._status[_SUMMING]:
            return
        assert self._zeros is not None
        with self._exchanging():
            self._sum(self._zeros)
        self._zeros[...] = 0

    def _raise(self, error: BaseException | None) -> NoReturn:
        """Raise the error of the ranks that have one, in all of them."""
        with self._exchanging():
            reports = self._comm.allgather(None if error is None else (type(error).__name__, _words(error)))
        told = [(rank, *report) for rank, report in enumerate(reports) if report is not None]
        teller, name, message = told[0]
        if len({report[1:] for report in told}) == 1 and len(told) == self.size:
            text = message if self.size == 1 else f"all {self.size} ranks: {message}"
        else:
            text = "; ".join(f"rank {rank} of {self.size}: {what or kind}" for rank, kind, what in told)
        if self.size == 1 and error is not None:
            raise self.agreed(error)
        raise self.agreed(_made(name, text), teller) from error

    @contextlib.contextmanager
    def _exchanging(self) -> Iterator[None]:
        self._midway = True
        yield
        self._midway = False

    def _end_all(self, error: BaseException) -> NoReturn:
        if not isinstance(error, KeyboardInterrupt):
            traceback.print_exception(error)
        print(
            f"fastnn: {self!r} was interrupted in the middle of an exchange by a "
            f"{type(error).__name__}: this ends all ranks",
            file=sys.stderr,
            flush=True,
        )
        self._comm.Abort(1)
        raise error


@functools.cache
def _key(library: Any) -> int:
    """Under which communicators keep what is theirs."""
    return int(library.Comm.Create_keyval())


def kept_by(library: Any, comm: Any) -> dict[str, Any]:
    """What a communicator keeps for all who share it: there are no more than some thousand communicators."""
    kept: dict[str, Any] | None = comm.Get_attr(_key(library))
    if kept is None:
        kept = {"copy": comm.Dup(), "gradients": comm.Dup()}
        comm.Set_attr(_key(library), kept)
    return kept


def weight_of(rows: int, all_rows: int | None) -> float:
    """What a rank's mean gradient is multiplied by before it is added to the others'."""
    return rows if all_rows is None else rows / all_rows


def _words(error: BaseException) -> str:
    return f"it has left by sys.exit({error.code!r})" if isinstance(error, SystemExit) else str(error)


def _made(name: str, text: str) -> BaseException:
    """An error of the kind of that name, or RuntimeError where it is none that a text makes."""
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, BaseException) and not issubclass(kind, UnicodeError | SystemExit):
        return kind(text)
    return RuntimeError(text if name == "SystemExit" else f"{name}: {text}")
