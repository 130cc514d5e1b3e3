"""Which rows of a batch are whose, and which of all rows make a batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["BalancedShards", "OwnShards", "Part", "Shards", "SharedRows", "share_of"]

Numbers = NDArray[np.intp]


class Part(NamedTuple):
    """A rank's part of a batch.

    Attributes
    ----------
    rows : ndarray of intp
        Among those that this rank has.
    places : ndarray of intp
        The same rows' places in the batch.
    all_rows : int
        Rows of the batch in all ranks.
    """

    rows: Numbers
    places: Numbers
    all_rows: int


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
            yield Part(batch[share], np.arange(share.start, share.stop), len(batch))


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
            yield Part(batch[places] - first, places, len(batch))


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
            sizes = [share.stop - share.start for share in shares]
            rows = order[shares[self.rank]]
            yield Part(rows, sum(sizes[: self.rank]) + np.arange(len(rows)), sum(sizes))
