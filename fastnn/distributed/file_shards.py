"""Which rows of files are whose: windows that ranks share, and files that each has of its own."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fastnn.data.out_of_core.file_data import FileData
from fastnn.data.out_of_core.forms import Arrays, Reader, RowFiles
from fastnn.data.out_of_core.windows import Places, Portion, Range, Window, Windows, count_rows, rows_behind
from fastnn.distributed.shards import Part, share_of

__all__ = ["DividedWindows", "OwnRows", "SharedRanges", "SharedTurns", "joined", "parts_of", "told_of"]


class DividedWindows(Windows):
    """The windows that one process would make of all rows, of which each rank reads a part.

    ``memory`` is then that of all ranks together.

    Parameters
    ----------
    data : FileData
        All ranks' rows.
    batch_size, more : int
        As in `Windows`.
    rank, size : int
    """

    def __init__(self, data: FileData, batch_size: int, more: int, rank: int, size: int) -> None:
        super().__init__(data, batch_size, more)
        self.rank, self.size = rank, size

    def portions(self, rng: np.random.Generator | None) -> Iterator[Portion]:
        return self._divided(super().portions(rng))

    def _divided(self, whole: Iterator[Portion]) -> Iterator[Portion]:
        kept, kept_places = list[Range](), np.empty(0, np.intp)
        for portion in whole:
            # Behind those that the window before hands on, in whichever rank.
            first = count_rows(portion.numbers) - count_rows(portion.read)
            read, read_places = self._own(portion.read, first)
            numbers, places = kept + read, np.concatenate([kept_places, read_places])
            count = int(np.searchsorted(places, portion.shown))
            yield Portion(read, numbers, count, Places(places[:count], portion.shown))
            kept, kept_places = rows_behind(numbers, count), places[count:] - portion.shown

    @abstractmethod
    def _own(self, ranges: list[Range], first: int) -> tuple[list[Range], NDArray[np.intp]]:
        """What this rank reads of rows that are read for a window, and at which places it lies there.

        The first of these rows has this place.
        """


class SharedRanges(DividedWindows):
    """Each rank reads a range of each window: for rows that are shuffled, or in no need of order."""

    def most_read(self) -> int:
        return -(-self.rows // self.size)

    def _own(self, ranges: list[Range], first: int) -> tuple[list[Range], NDArray[np.intp]]:
        share = share_of(count_rows(ranges), self.rank, self.size)
        return _cut(ranges, [(share.start, share.stop)]), first + np.arange(share.start, share.stop)


class SharedTurns(DividedWindows):
    """Each rank reads a range of each batch: for rows that come as they lie."""

    def most_read(self) -> int:
        batches = -(-self.rows // self.batch_size) + 1
        return min(self.rows, batches * -(-self.batch_size // self.size))

    def _own(self, ranges: list[Range], first: int) -> tuple[list[Range], NDArray[np.intp]]:
        share, last = share_of(self.batch_size, self.rank, self.size), first + count_rows(ranges)
        batches = range(first // self.batch_size, -(-last // self.batch_size))
        starts = [number * self.batch_size for number in batches]
        wanted = [(max(first, start + share.start), min(last, start + share.stop)) for start in starts]
        turns = [(start, stop) for start, stop in wanted if start < stop]
        places = [np.arange(start, stop) for start, stop in turns]
        return _cut(ranges, [(start - first, stop - first) for start, stop in turns]), np.concatenate(
            [np.empty(0, np.intp), *places]
        )


class OwnRows(DividedWindows):
    """Each rank reads what is its own of each window: of files that it alone has.

    Parameters
    ----------
    data, batch_size, more, rank, size
        As in `DividedWindows`.
    own : (int, int)
        Its rows.
    """

    def __init__(self, data: FileData, batch_size: int, more: int, rank: int, size: int, own: Range) -> None:
        super().__init__(data, batch_size, more, rank, size)
        self.own = own

    def most_read(self) -> int:
        return min(self.rows, self.own[1] - self.own[0])

    def _own(self, ranges: list[Range], first: int) -> tuple[list[Range], NDArray[np.intp]]:
        read, places, at = list[Range](), [np.empty(0, np.intp)], first
        for start, stop in ranges:
            begin, end = max(start, self.own[0]), min(stop, self.own[1])
            if begin < end:
                read.append((begin, end))
                places.append(at + np.arange(begin - start, end - start))
            at += stop - start
        return read, np.concatenate(places)


def _cut(ranges: list[Range], wanted: Sequence[Range]) -> list[Range]:
    """Of rows that ranges name, those whose numbers among all of these are wanted; both in ascending order."""
    found, at, number = list[Range](), 0, 0
    for begin, end in wanted:
        while begin < end:
            start, stop = ranges[number]
            if begin >= at + stop - start:
                at, number = at + stop - start, number + 1
                continue
            count = min(end, at + stop - start) - begin
            found.append((start + begin - at, start + begin - at + count))
            begin += count
    return found


def parts_of(window: Window, order: NDArray[np.intp] | None, batch_size: int) -> Iterator[Part]:
    """This rank's part of each batch of a window that ranks share, in an order of all of its rows."""
    assert window.places is not None
    places, count = window.places
    where = np.empty(0, np.intp)
    if order is not None:
        where = np.full(count, -1, np.intp)
        where[places] = np.arange(len(places))
    for start in range(0, count, batch_size):
        size = min(batch_size, count - start)
        if order is None:
            begin, end = np.searchsorted(places, (start, start + size))
            yield Part(np.arange(begin, end), places[begin:end] - start, size)
        else:
            rows = where[order[start : start + size]]
            (mine,) = np.nonzero(rows >= 0)
            yield Part(rows[mine], mine, size)


class _Joined(RowFiles):
    """All ranks' files, one behind the other, of which this one can read its own."""

    def __init__(self, data: FileData, rank: int, told: Sequence[tuple[int, int, NDArray[np.intp] | None]]) -> None:
        self.data, self.kind, self.files = data, data.files.kind, data.files.files
        self.forms, self.names = data.forms, data.names
        starts = [0, *itertools.accumulate(count for count, _, _ in told)]
        self.count, self.first = starts[-1], starts[rank]
        self.overhead = max(overhead for _, overhead, _ in told)
        blocks = [edges + start for (_, _, edges), start in zip(told, starts, strict=False) if edges is not None]
        self._edges = np.unique(np.concatenate(blocks)) if blocks else None

    def edges(self, rows: int) -> NDArray[np.intp]:
        return np.append(np.arange(0, self.count, rows), self.count) if self._edges is None else self._edges

    def reader(self) -> Reader:
        return _Shifted(self.data.files.reader(), self.data.start - self.first)

    def place(self, row: int, part: str) -> tuple[str, int]:
        return self.data.files.place(row + self.data.start - self.first, part)


class _Shifted(Reader):
    """A reader whose rows have other numbers."""

    def __init__(self, reader: Reader, by: int) -> None:
        self.inner, self.by = reader, by

    def read(self, start: int, into: Arrays) -> None:
        self.inner.read(start + self.by, into)

    def close(self) -> None:
        self.inner.close()


def told_of(data: FileData) -> tuple[int, int, NDArray[np.intp] | None]:
    """What ranks tell of files of their own: rows, what a reader takes, and blocks where the files have them."""
    edges = data.edges(data.count) - data.start if data.files.has_blocks else None
    return data.count, data.files.overhead, edges


def joined(
    data: FileData, rank: int, told: Sequence[tuple[int, int, NDArray[np.intp] | None]]
) -> tuple[FileData, Range]:
    """The rows of all ranks' files, as all of them have told, and which of these are this one's."""
    files = _Joined(data, rank, told)
    whole = replace(data, files=files, start=0, stop=files.count)
    return whole, (files.first, files.first + data.count)
