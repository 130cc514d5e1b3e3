"""Which rows of recorded outputs are those of each batch, for metrics that judge batch by batch."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Self

from numpy.typing import NDArray

__all__ = ["BatchRows"]


class BatchRows:
    """The rows of each batch, as slices or as row numbers; it may be gone through several times.

    Parameters
    ----------
    ends : iterable of int
        Behind the last row of each batch; one beyond the last of all means that one.
    order : ndarray of int, optional
        In which the rows were visited.

    Examples
    --------
    >>> list(BatchRows.of_size(2, 3))
    [slice(0, 2, None), slice(2, 4, None)]
    >>> list(BatchRows.of_counts([3, 1]))
    [slice(0, 3, None), slice(3, 4, None)]
    """

    def __init__(self, ends: Iterable[int], order: NDArray[Any] | None = None) -> None:
        self.ends, self.order = ends, order

    @classmethod
    def of_size(cls, size: int, count: int, order: NDArray[Any] | None = None) -> Self:
        """Of ``count`` rows, in batches of a size."""
        return cls(range(size, count + size, size), order)

    @classmethod
    def of_counts(cls, counts: Iterable[int]) -> Self:
        """Of batches of so many rows."""
        return cls(list(itertools.accumulate(counts)))

    def __iter__(self) -> Iterator[Any]:
        for start, end in itertools.pairwise(itertools.chain((0,), self.ends)):
            rows = slice(start, end)
            yield rows if self.order is None else self.order[rows]
