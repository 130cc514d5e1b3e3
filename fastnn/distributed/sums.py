"""How a vector is summed over ranks: as it is, or in half of its bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastnn.distributed.buckets import Bucket, rest_of

__all__ = ["HalfSum", "Sum", "WholeSum"]


class Sum(Protocol):
    """Sums a vector over ranks in place, each rank's times a factor of its own; every rank gets the same bits."""

    @property
    def begun(self) -> bool:
        """Whether others wait for the rest of a vector."""
        ...

    def __call__(self, vector: NDArray[Any], factor: float = 1) -> None: ...


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
        # What is summed of each bucket: the engine may still look at the vector.
        self._parts: list[NDArray[Any]] = []
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
        number = len(self._requests)
        bucket = self._buckets[number]
        if number == len(self._parts):
            self._parts.append(np.empty(bucket.end - bucket.begin, vector.dtype))
        self._start(np.multiply(vector[bucket.begin : bucket.end], vector.dtype.type(factor), out=self._parts[number]))

    def go_on(self) -> None:
        """Let messages pass that wait for this rank: MPI sends and receives while it is called."""
        self._library.Request.Testall(self._requests)

    def __call__(self, vector: NDArray[Any], factor: float = 1) -> None:
        while self.next_bucket is not None:
            self.begin(vector, factor)
        rest = [vector[begin:end] for begin, end in rest_of(self._buckets, vector.size)]
        # Many small sums would take longer than a copy.
        together = rest[0] if len(rest) == 1 else np.concatenate([vector[:0], *rest])
        if factor != 1:
            together *= factor
        self._start(together)
        self._library.Request.Waitall(self._requests)
        self._requests = []
        for bucket, part in zip(self._buckets, self._parts, strict=True):
            vector[bucket.begin : bucket.end] = part
        if len(rest) > 1:
            ends = np.cumsum([part.size for part in rest])
            for part, end in zip(rest, ends, strict=True):
                part[...] = together[end - part.size : end]

    def _start(self, numbers: NDArray[Any]) -> None:
        self._requests.append(self._comm.Iallreduce(self._library.IN_PLACE, numbers))


class HalfSum:
    """A sum whose messages are bfloat16, the upper half of float32: each rank adds up a part.

    Numbers keep 8 bits, and the range of float32; they are added up in float32, in the order of ranks.

    Parameters
    ----------
    comm : mpi4py.MPI.Intracomm
    """

    def __init__(self, comm: Any) -> None:
        self._comm, self._size, self.begun = comm, comm.size, False

    def __call__(self, vector: NDArray[Any], factor: float = 1) -> None:
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
