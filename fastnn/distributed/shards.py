"""Which rows of a batch are whose, and which of all rows make a batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastnn_ext.engine.compressed import CompressedRows

__all__ = ["BalancedShards", "OwnShards", "Part", "Shards", "SharedRows", "share_of", "take"]

Numbers = NDArray[np.intp]


class Part(NamedTuple):
    """A rank's part of a batch.

    Attributes
    ----------
    rows : ndarray of intp
        Among those that this rank has.
    places : ndarray of intp
        The same rows' places in the batch.
    """

    rows: Numbers
    places: Numbers


def share_of(count: int, rank: int, size: int) -> slice:
    """A rank's share of so many rows that all ranks have; shares differ by one row at most.

    >>> [share_of(10, rank, 4) for rank in range(4)]
    [slice(0, 2, None), slice(2, 5, None), slice(5, 7, None), slice(7, 10, None)]
    """
    return slice(count * rank // size, count * (rank + 1) // size)


class Shards(ABC):
    """How the batches of an epoch are divided.

    Parameters
    ----------
    counts : sequence of int
        The rows that each rank has.
    rank : int
    batch_size : int
        Of all ranks together.

    Attributes
    ----------
    samples : int
        Of an epoch, in all ranks.
    steps : int
        Batches of an epoch.
    """

    def __init__(self, counts: Sequence[int], rank: int, batch_size: int) -> None:
        self.counts, self.rank, self.size = list(counts), rank, len(counts)
        self.samples = self._count_samples()
        self.batch_size = min(batch_size, self.samples)
        self.steps = -(-self.samples // self.batch_size)

    def _count_samples(self) -> int:
        return sum(self.counts)

    @property
    @abstractmethod
    def most_rows(self) -> int:
        """The largest part that this rank may have."""

    @abstractmethod
    def parts(self, rng: np.random.Generator | None) -> Iterator[Part]:
        """This rank's parts of all batches of an epoch, shuffled by what all ranks draw alike, or as they come."""

    def _batches(self, rng: np.random.Generator | None) -> Iterator[Numbers]:
        order = np.arange(self.samples) if rng is None else rng.permutation(self.samples)
        for start in range(0, self.samples, self.batch_size):
            yield order[start : start + self.batch_size]


class SharedRows(Shards):
    """All ranks have the same rows, and each takes an even part of each batch.

    >>> [part.rows.tolist() for part in SharedRows([7, 7], 1, 4).parts(None)]
    [[2, 3], [5, 6]]
    """

    def _count_samples(self) -> int:
        return self.counts[0]

    @property
    def most_rows(self) -> int:
        return -(-self.batch_size // self.size)

    def parts(self, rng: np.random.Generator | None) -> Iterator[Part]:
        for batch in self._batches(rng):
            share = share_of(len(batch), self.rank, self.size)
            yield Part(batch[share], np.arange(share.start, share.stop))


class OwnShards(Shards):
    """Each rank has rows of its own, and of each batch of all rows, one behind the other, those that are its own.

    >>> [part.rows.tolist() for part in OwnShards([3, 4], 1, 4).parts(None)]
    [[0], [1, 2, 3]]
    """

    @property
    def most_rows(self) -> int:
        return min(self.batch_size, self.counts[self.rank])

    def parts(self, rng: np.random.Generator | None) -> Iterator[Part]:
        first = sum(self.counts[: self.rank])
        for batch in self._batches(rng):
            (places,) = np.nonzero((batch >= first) & (batch < first + self.counts[self.rank]))
            yield Part(batch[places] - first, places)


class BalancedShards(Shards):
    """Each rank has rows of its own, in an order of its own, and gives an even share of them to each batch.

    >>> [part.rows.tolist() for part in BalancedShards([3, 5], 1, 4).parts(None)]
    [[0, 1], [2, 3, 4]]
    """

    @property
    def most_rows(self) -> int:
        return -(-self.counts[self.rank] // self.steps)

    def parts(self, rng: np.random.Generator | None) -> Iterator[Part]:
        order = np.arange(self.counts[self.rank])
        if rng is not None:
            # All draw one number alike, and go on from it each in its own way.
            order = np.random.default_rng([int(rng.integers(1 << 63)), self.rank]).permutation(order)
        for step in range(self.steps):
            shares = [share_of(count, step, self.steps) for count in self.counts]
            before = sum(share.stop - share.start for share in shares[: self.rank])
            rows = order[shares[self.rank]]
            yield Part(rows, before + np.arange(len(rows)))


def take(data: Any, rows: Any) -> Any:
    """These samples of each array, of sparse matrices, too; None stays None.

    >>> matrix = CompressedRows([1.0, 2.0, 3.0], [0, 2, 1], [0, 2, 2, 3], 3)
    >>> take(matrix, np.array([2, 0])).dense()
    array([[0., 3., 0.],
           [1., 0., 2.]])
    """
    if isinstance(data, list):
        return [take(one, rows) for one in data]
    if not isinstance(data, CompressedRows):
        return None if data is None else data[rows]
    rows = np.arange(data.shape[0])[rows]
    starts = data.starts[:-1][rows]
    lengths = data.starts[1:][rows] - starts
    ends = np.cumsum(lengths)
    numbers = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - lengths), lengths)
    return CompressedRows(data.values[numbers], data.columns[numbers], np.concatenate([[0], ends]), data.shape[1])
