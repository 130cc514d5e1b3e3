"""Windows: as many rows as memory has room for, read ahead by a thread while the window before is used."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastnn.data.out_of_core.file_data import FileData
from fastnn.data.out_of_core.forms import Arrays, Reader

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["Places", "Portion", "Range", "Window", "Windows", "count_rows", "largest_batch", "rows_behind"]

# Rows from one number to another, which lie in one block.
Range = tuple[int, int]


class Places(NamedTuple):
    """Where a window's rows are in a larger one, of which it is this process' part.

    Attributes
    ----------
    of_rows : ndarray of intp
        Ascending.
    all_rows : int
        Of the larger window.
    """

    of_rows: NDArray[np.intp]
    all_rows: int


class Portion(NamedTuple):
    """A window that is to be read.

    Attributes
    ----------
    read : list of (int, int)
        Rows that are read for it, and follow those that the window before hands on.
    numbers : list of (int, int)
        Both of these.
    shown : int
        How many of them the window has; it hands on the others.
    places : Places or None
    """

    read: list[Range]
    numbers: list[Range]
    shown: int
    places: Places | None = None


class Window(NamedTuple):
    """Rows of one part of an epoch; they are overwritten when the next window is asked for.

    Attributes
    ----------
    rows : Arrays
        Views, a whole number of batches but in the last window.
    numbers : list of (int, int)
        The numbers of these rows in the files, as ranges in the order of the rows; there may be more behind them.
    places : Places or None
        Of these rows, where processes share a window.
    """

    rows: Arrays
    numbers: list[Range]
    places: Places | None = None

    @property
    def size(self) -> int:
        """How many they are."""
        return len(self.rows.x)

    def number(self, row: int) -> int:
        """The number in the files of a row of the window."""
        for start, stop in self.numbers:
            if row < stop - start:
                return start + row
            row -= stop - start
        raise IndexError("the window has no such row")


class Windows:
    """Windows of the rows of files, and the memory for them, for any number of epochs.

    Rows that are no whole batch stay for the next window, so that batches are those of one array with all rows.

    Parameters
    ----------
    data : FileData
    batch_size : int
    more : int, default 0
        Bytes that each row of the window in use takes elsewhere.

    Raises
    ------
    ValueError
        When memory has no room for a batch; the message tells how much it needs.

    Attributes
    ----------
    reading : ndarray of uint8, shape (1,)
        1 while the thread reads, else 0: whoever uses a window has a processor less meanwhile.
    """

    def __init__(self, data: FileData, batch_size: int, more: int = 0) -> None:
        self.data, self.batch_size = data, batch_size
        self.rows = _most_rows(data, batch_size, more)
        self._several = self.rows < data.count
        # In front of what is read, room for the rows that the window before hands on.
        self._head = batch_size - 1 if self._several else 0
        self._buffers: list[Arrays] = []
        self.reading = np.zeros(1, np.uint8)

    def epoch(self, rng: np.random.Generator | None = None) -> Generator[Window]:
        """All rows once. Close it to end the thread early.

        Parameters
        ----------
        rng : numpy.random.Generator, optional
            Of the order of blocks; by default they come as they lie.
        """
        # Not at import: it takes longer than all that predictions of arrays need.
        from concurrent.futures import ThreadPoolExecutor

        head = self._head
        if not self._buffers:
            self._buffers = [Arrays.empty(self.data.forms, head + self.most_read()) for _ in range(1 + self._several)]
        buffers = list(self._buffers)
        portions, ended = self.portions(rng), threading.Event()
        with self.data.files.reader() as reader, ThreadPoolExecutor(1, "fastnn-read-ahead") as pool:

            def begin(buffer: Arrays) -> tuple[Portion, Future[None]] | None:
                portion = next(portions, None)
                if portion is None:
                    return None
                return portion, pool.submit(self._fill, reader, portion.read, buffer, ended)

            try:
                coming = begin(buffers[0])
                kept = buffers[0].taken(0, 0)
                while coming is not None:
                    portion, filled = coming
                    filled.result()
                    buffer, first = buffers[0], head - len(kept.x)
                    last = first + portion.shown
                    buffer.taken(first, head).fill(kept)
                    # From here on nobody reads the other one.
                    buffers.reverse()
                    coming = begin(buffers[0])
                    yield Window(buffer.taken(first, last), portion.numbers, portion.places)
                    kept = buffer.taken(last, head + count_rows(portion.read))
            finally:
                ended.set()

    def _fill(self, reader: Reader, ranges: list[Range], into: Arrays, ended: threading.Event) -> None:
        at = self._head
        self.reading[0] = 1
        try:
            for start, stop in ranges:
                if ended.is_set():
                    return
                reader.read(start, into.taken(at, at + stop - start))
                at += stop - start
        finally:
            self.reading[0] = 0

    def most_read(self) -> int:
        """Rows that are read for a window at most."""
        return self.rows

    def portions(self, rng: np.random.Generator | None) -> Iterator[Portion]:
        """The windows of an epoch."""
        # What is drawn is drawn now, whenever the first window is asked for.
        return _portions(_plan(_ranges(self.data, self.rows, rng), self.rows), self.batch_size)


def largest_batch(data: FileData, more: int) -> int:
    """The largest ``batch_size`` that memory has room for; 0 where it has none for a row."""
    return ((data.memory - data.files.overhead) // (2 * data.forms.nbytes + more) + 1) // 2


def _most_rows(data: FileData, batch_size: int, more: int) -> int:
    """Rows that a window reads, of two that memory has room for, each with the rows that one hands to the next."""
    row, room = data.forms.nbytes, data.memory - data.files.overhead
    if room >= data.count * (row + more):
        # One window has them all.
        return data.count
    rows = room // (2 * row + more) - (batch_size - 1)
    if rows < batch_size:
        least = (2 * batch_size - 1) * (2 * row + more) + data.files.overhead
        cause = ""
        if data.files.overhead:
            cause = f", {data.files.overhead} bytes of it for what is decoded at a time"
        raise ValueError(
            f"memory={data.memory} has no room for two windows of at least a batch each, batch_size={batch_size} rows "
            f"of {row} bytes{cause}: pass from_files(..., memory={least}) or more"
        )
    return min(rows, data.count)


def _ranges(data: FileData, rows: int, rng: np.random.Generator | None) -> Iterator[Range]:
    edges = data.edges(rows)
    order = range(len(edges) - 1) if rng is None else rng.permutation(len(edges) - 1)
    return ((int(edges[block]), int(edges[block + 1])) for block in order)


def _plan(ranges: Iterator[Range], rows: int) -> Iterator[list[Range]]:
    """The ranges of each window in the order in which they are read, full windows but for the last."""
    window: list[Range] = []
    room = rows
    for start, stop in ranges:
        while start < stop:
            end = min(stop, start + room)
            window.append((start, end))
            room, start = room - (end - start), end
            if not room:
                yield _to_be_read(window)
                window, room = [], rows
    if window:
        yield _to_be_read(window)


def _to_be_read(drawn: list[Range]) -> list[Range]:
    """As they lie in the files, but for the first and the last.

    These two may be parts of blocks that windows share: one after the other, they are decoded once.
    """
    return [drawn[0], *sorted(drawn[1:-1]), *drawn[1:][-1:]]


def _portions(plan: Iterator[list[Range]], batch_size: int) -> Iterator[Portion]:
    """Windows of whole batches but for the last: what is left of each is handed to the next."""
    kept: list[Range] = []
    ranges = next(plan, None)
    while ranges is not None:
        following, numbers = next(plan, None), kept + ranges
        count = count_rows(numbers)
        if following is not None:
            count -= count % batch_size
        yield Portion(ranges, numbers, count)
        kept, ranges = rows_behind(numbers, count), following


def count_rows(ranges: list[Range]) -> int:
    """How many they are."""
    return sum(stop - start for start, stop in ranges)


def rows_behind(numbers: list[Range], rows: int) -> list[Range]:
    """What is left of ranges behind so many rows."""
    left = []
    for start, stop in numbers:
        skipped = min(rows, stop - start)
        rows -= skipped
        if start + skipped < stop:
            left.append((start + skipped, stop))
    return left
