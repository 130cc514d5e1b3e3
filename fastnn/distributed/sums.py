"""How a vector is summed over ranks: as it is, or in half of its bits."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["HalfSum", "Sum", "WholeSum"]

# Rows of float16 begin with the number that they are multiples of, a float32 in the place of two of them.
_HEAD = 2


class Sum(Protocol):
    """Sums a vector over ranks in place; every rank calls it, and gets the same bits."""

    def __call__(self, vector: NDArray[Any]) -> None: ...


class WholeSum:
    """MPI's own sum, in the vector's type.

    Parameters
    ----------
    library : module
        ``mpi4py.MPI``.
    comm : mpi4py.MPI.Intracomm
    """

    def __init__(self, library: Any, comm: Any) -> None:
        self._library, self._comm = library, comm

    def __call__(self, vector: NDArray[Any]) -> None:
        self._comm.Iallreduce(self._library.IN_PLACE, vector).Wait()


class HalfSum:
    """A sum whose messages are float16, of numbers divided by the largest among them: each rank adds up a part.

    Numbers keep 11 bits, down to 2^-24 of the largest; they are added up in float32, in the order of ranks.

    Parameters
    ----------
    comm : mpi4py.MPI.Intracomm
    """

    def __init__(self, comm: Any) -> None:
        self._comm, self._size = comm, comm.size

    def __call__(self, vector: NDArray[Any]) -> None:
        size = self._size
        columns = -(-vector.size // size)
        padded = np.zeros((size, columns), np.float32)
        padded.reshape(-1)[: vector.size] = vector
        sent, received = _packed(padded), np.empty((size, _HEAD + columns), np.float16)
        self._comm.Ialltoall(sent.view(np.uint8), received.view(np.uint8)).Wait()
        total = np.zeros((1, columns), np.float32)
        for row in _unpacked(received):
            total += row
        self._comm.Iallgather(_packed(total).view(np.uint8), received.view(np.uint8)).Wait()
        vector[...] = _unpacked(received).reshape(-1)[: vector.size]


def _packed(rows: NDArray[np.float32]) -> NDArray[np.float16]:
    """Rows of float16, each behind what it is to be multiplied by; numbers that are not finite stay so."""
    scales = np.abs(rows).max(axis=1, keepdims=True, initial=0)
    scales[~(np.isfinite(scales) & (scales > np.finfo(np.float32).tiny))] = 1
    packed = np.empty((len(rows), _HEAD + rows.shape[1]), np.float16)
    packed[:, :_HEAD] = scales.view(np.float16)
    with np.errstate(over="ignore"):
        packed[:, _HEAD:] = rows / scales
    return packed


def _unpacked(packed: NDArray[np.float16]) -> NDArray[np.float32]:
    scales = np.ascontiguousarray(packed[:, :_HEAD]).view(np.float32)
    return packed[:, _HEAD:].astype(np.float32) * scales
