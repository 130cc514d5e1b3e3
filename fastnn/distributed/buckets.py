"""Buckets: pieces of the vector of gradients, by layer, that are complete while those of the layers below are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

__all__ = ["LEAST_BYTES", "Bucket", "buckets_of", "rest_of"]

# Bytes of a bucket at least: half a millisecond at 10 Gbit/s, several times what a message takes however short it is.
LEAST_BYTES = 1 << 19


class Bucket(NamedTuple):
    """Numbers begin to end of the vector, complete once the engine has done this operation."""

    operation: int
    begin: int
    end: int


def buckets_of(early: Sequence[tuple[int, int, int]], ends: Sequence[int], least: int) -> list[Bucket]:
    """The buckets of a vector, in the order in which they are complete.

    Parameters
    ----------
    early : sequence of (int, int, int)
        What `Training.early_gradients` tells.
    ends : sequence of int
        Where the places of the vector's arrays end, with what lies between them and the next.
    least : int
        Numbers of a bucket. Neighbours are joined until they have as many; what has fewer is in none.

    Examples
    --------
    >>> early = [(4, 90, 98), (2, 40, 88), (0, 0, 30)]
    >>> buckets_of(early, [40, 90, 100], 20)
    [Bucket(operation=2, begin=40, end=100)]
    """
    # The last ones are complete when all are.
    lowest = min((operation for operation, _, _ in early), default=0)
    parts = [
        Bucket(operation, begin, next(one for one in ends if one >= end))
        for operation, begin, end in early
        if operation > lowest
    ]
    of_layers = _joined(parts, lambda last, part: last.operation == part.operation)
    found = _joined(of_layers, lambda last, _: last.end - last.begin < least)
    return [bucket for bucket in found if bucket.end - bucket.begin >= least]


def _joined(buckets: Iterable[Bucket], joins: Callable[[Bucket, Bucket], bool]) -> list[Bucket]:
    """Each with the one before it, where these are neighbours and join; complete when the later one is."""
    found: list[Bucket] = []
    for one in buckets:
        last = found[-1] if found else None
        if last is not None and (one.begin == last.end or one.end == last.begin) and joins(last, one):
            found[-1] = Bucket(one.operation, min(one.begin, last.begin), max(one.end, last.end))
        else:
            found.append(one)
    return found


def rest_of(buckets: Sequence[Bucket], size: int) -> list[tuple[int, int]]:
    """What of a vector of so many numbers is in no bucket, from where to where.

    >>> rest_of([Bucket(2, 40, 100), Bucket(1, 10, 20)], 120)
    [(0, 10), (20, 40), (100, 120)]
    """
    edges = [0, *(edge for bucket in sorted(buckets, key=lambda one: one.begin) for edge in bucket[1:]), size]
    return [(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True) if begin < end]
