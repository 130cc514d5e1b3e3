"""How a vector is summed over ranks: by messages, whole or in half of its bits, or in memory that all of them see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastnn.distributed.buckets import Bucket, rest_of

__all__ = ["HalfSum", "SharedSum", "Sum", "WholeSum"]

# Numbers that are added up at a time: they stay in the second-level cache, and NumPy's calls take little beside them.
_BLOCK = 1 << 14


class Sum(Protocol):
    """Sums a vector over ranks, each rank's times a factor of its own; every rank gets the same bits."""

    @property
    def begun(self) -> bool:
        """Whether others wait for the rest of a vector."""
        ...

    def __call__(self, vector: NDArray[Any], factor: float = 1) -> NDArray[Any]:
        """The sum: the vector itself, or another one that the next sum takes again."""
        ...


class WholeSum:
    """MPI's own sum, in the vector's type: bucket by bucket, each of which may begin before the next is known.

    Parameters
    ----------
    library : module
        ``mpi4py.MPI``.
    comm : mpi4py.MPI.Intracomm
        Nobody else's: these sums have an order of their own.
    buckets : sequence of Bucket
        The same in all ranks; what is in none of them is summed at the end.
    """

    def __init__(self, library: Any, comm: Any, buckets: Sequence[Bucket] = ()) -> None:
        self._library, self._comm, self._buckets = library, comm, list(buckets)
        # Where buckets are summed: the engine may still look at the vector.
        self._total: NDArray[Any] | None = None
        self._requests: list[Any] = []

    @property
    def begun(self) -> bool:
        return bool(self._requests)

    @property
    def next_bucket(self) -> Bucket | None:
        """The one that is to begin."""
        begun = len(self._requests)
        return self._buckets[begun] if begun < len(self._buckets) else None

    def begin(self, vector: NDArray[Any], factor: float) -> None:
        """Begin with the next bucket."""
        _, begin, end = self._buckets[len(self._requests)]
        self._start(vector[begin:end], self._place(vector)[begin:end], factor)

    def go_on(self) -> None:
        """Let messages pass that wait for this rank: MPI sends and receives while it is called."""
        self._library.Request.Testall(self._requests)

    def __call__(self, vector: NDArray[Any], factor: float = 1) -> NDArray[Any]:
        if not self._buckets:
            self._start(vector, vector, factor)
            self._wait()
            return vector
        while self.next_bucket is not None:
            self.begin(vector, factor)
        total = self._place(vector)
        rest = rest_of(self._buckets, vector.size)
        if len(rest) == 1:
            ((begin, end),) = rest
            self._start(vector[begin:end], total[begin:end], factor)
            self._wait()
            return total
        # Many small sums would take longer than a copy.
        together = np.concatenate([vector[:0], *(vector[begin:end] for begin, end in rest)])
        self._start(together, together, factor)
        self._wait()
        at = 0
        for begin, end in rest:
            total[begin:end] = together[at : at + end - begin]
            at += end - begin
        return total

    def _place(self, vector: NDArray[Any]) -> NDArray[Any]:
        if self._total is None:
            self._total = np.empty_like(vector)
        return self._total

    def _start(self, numbers: NDArray[Any], out: NDArray[Any], factor: float) -> None:
        if numbers is not out or factor != 1:
            np.multiply(numbers, numbers.dtype.type(factor), out=out)
        self._requests.append(self._comm.Iallreduce(self._library.IN_PLACE, out))

    def _wait(self) -> None:
        self._library.Request.Waitall(self._requests)
        self._requests = []


class SharedSum:
    """A sum in memory that all ranks see: each adds up a part, in the order of ranks, and reads those of the others.

    Parameters
    ----------
    comm : mpi4py.MPI.Intracomm
    rows : ndarray, shape (ranks + 1, numbers)
        What `shared_rows` gives: a vector of each rank, and their sum.

    Attributes
    ----------
    own : ndarray
        This rank's vector. What is given elsewhere is copied here first.
    """

    def __init__(self, comm: Any, rows: NDArray[Any]) -> None:
        self._comm, self._vectors, self._total = comm, rows[:-1], rows[-1]
        self.own: NDArray[Any] = rows[comm.rank]
        self.begun = False
        size = self._total.size
        first, last = (size * rank // comm.size for rank in (comm.rank, comm.rank + 1))
        self._blocks = [slice(at, min(at + _BLOCK, last)) for at in range(first, last, _BLOCK)]
        # All ranks read it, and none changes it.
        self._shown: NDArray[Any] = self._total.view()
        self._shown.flags.writeable = False

    def __call__(self, vector: NDArray[Any], factor: float = 1) -> NDArray[Any]:
        if vector is not self.own:
            self.own[...] = vector
        # All vectors are whole once all factors are there.
        factors = np.empty(len(self._vectors), self._total.dtype)
        self._comm.Allgather(np.array([factor], factors.dtype), factors)
        term = np.empty(_BLOCK, self._total.dtype)
        for block in self._blocks:
            total = np.multiply(self._vectors[0, block], factors[0], out=self._total[block])
            for rank in range(1, len(factors)):
                total += np.multiply(self._vectors[rank, block], factors[rank], out=term[: total.size])
        self._comm.Barrier()
        return self._shown


class HalfSum:
    """A sum whose messages are bfloat16, the upper half of float32: each rank adds up a part.

    Numbers keep 8 bits, and the range of float32; they are added up in float32, in the order of ranks.

    Parameters
    ----------
    comm : mpi4py.MPI.Intracomm
    """

    def __init__(self, comm: Any) -> None:
        self._comm, self._size, self.begun = comm, comm.size, False

    def __call__(self, vector: NDArray[Any], factor: float = 1) -> NDArray[Any]:
        size = self._size
        padded = np.zeros((size, -(-vector.size // size)), np.float32)
        np.multiply(vector, vector.dtype.type(factor), out=padded.reshape(-1)[: vector.size])
        sent = _packed(padded)
        received = np.empty_like(sent)
        self._comm.Ialltoall(sent, received).Wait()
        total = np.zeros_like(padded[0])
        for row in received:
            total += _unpacked(row)
        self._comm.Iallgather(_packed(total), received).Wait()
        vector[...] = _unpacked(received).reshape(-1)[: vector.size]
        return vector


def _packed(numbers: NDArray[np.float32]) -> NDArray[np.uint16]:
    """The nearest bfloat16 of each, in whole numbers: NumPy takes ten times as long for float16."""
    bits = numbers.view(np.uint32)
    rounded = bits >> 16
    rounded &= 1
    rounded += 0x7FFF
    rounded += bits
    rounded >>= 16
    return rounded.astype(np.uint16)


def _unpacked(packed: NDArray[np.uint16]) -> NDArray[np.float32]:
    bits = packed.astype(np.uint32)
    bits <<= 16
    return bits.view(np.float32)
