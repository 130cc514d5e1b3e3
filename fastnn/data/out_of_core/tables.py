"""Tables in files: Parquet, of which a block is a row group, and Arrow's IPC files, of which it is a record batch.

Columns are told apart by name. Nothing is mapped into memory while rows are read, see `fastnn.data.out_of_core.npy`.
"""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.data.out_of_core.columns import Choice, chosen_columns
from fastnn.data.out_of_core.forms import Arrays, Reader, RowFiles
from fastnn.data.out_of_core.paths import FileState, Shards

__all__ = ["BatchReader", "TableFiles", "needs_pyarrow", "reading"]

# Files that a reader keeps open at once: what they say of their blocks is read when they are opened.
_MOST_OPEN = 4


def needs_pyarrow(path: str) -> Any:
    """pyarrow; ImportError says how to get it."""
    try:
        import pyarrow
    except ImportError:
        raise ImportError(f"{path!r} needs pyarrow to be read: pip install fastnn-ext[tables]") from None
    return pyarrow


@contextlib.contextmanager
def reading(path: str, what: str) -> Iterator[None]:
    """Around what pyarrow reads of a file: its errors name the file."""
    pyarrow = needs_pyarrow(path)
    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        raise ValueError(f"{path!r} cannot be read as {what}: {error}") from error


class TableFiles(RowFiles):
    """Files of one kind, with the same columns.

    Parameters
    ----------
    paths : list of str
    columns, target, sample_weight
        As `fastnn.data.from_files` takes them.

    Attributes
    ----------
    what : str
        One of the files, for messages.
    """

    what: str
    has_blocks = True

    def __init__(
        self,
        paths: Sequence[str],
        columns: Sequence[str] | None,
        target: str | Sequence[str] | None,
        sample_weight: str | None,
    ) -> None:
        self.states = [FileState.of(path) for path in paths]
        self.block_starts: list[NDArray[np.intp]] = []
        choice: Choice | None = None
        for path in paths:
            schema, counts = self._look(path)
            if choice is None:
                choice = chosen_columns(schema, path, columns, target, sample_weight)
            choice.check(schema, path, paths[0])
            self.block_starts.append(np.concatenate([[0], np.cumsum(counts, dtype=np.intp)]).astype(np.intp))
        assert choice is not None
        self.shards = Shards(paths, [int(starts[-1]) for starts in self.block_starts])
        self.count, self.files = self.shards.count, len(paths)
        self._choose(choice)

    def _choose(self, choice: Choice) -> None:
        self.choice, self.forms, self.names = choice, choice.forms, choice.input_names

    @abstractmethod
    def _look(self, path: str) -> tuple[Any, list[int]]:
        """The schema of a file, and the rows of each of its blocks."""

    @abstractmethod
    def open(self, file: Any) -> Any:
        """What reads blocks of an open file."""

    @abstractmethod
    def batches(self, reader: Any, blocks: Iterable[int]) -> Iterator[Any]:
        """The record batches of these blocks."""

    def edges(self, rows: int) -> NDArray[np.intp]:
        return np.unique(
            np.concatenate(
                [starts + first for starts, first in zip(self.block_starts, self.shards.starts, strict=False)]
            )
        )

    def reader(self) -> Reader:
        return BatchReader(self)

    def place(self, row: int, part: str) -> tuple[str, int]:
        return self.shards.place(row)

    def in_order(self, names: tuple[str, ...]) -> TableFiles:
        found = object.__new__(type(self))
        found.__dict__.update(self.__dict__)
        found._choose(self.choice.in_order(names))
        return found


class BatchReader(Reader):
    """Reads blocks batch by batch, and goes on within a file where the call before stopped."""

    def __init__(self, files: TableFiles) -> None:
        self.files = files
        # Files that are open, with their readers, the one that was used last at the end.
        self.opened: dict[int, tuple[Any, Any]] = {}
        # What is left of a file: its batches to come, the one that was begun, and which file and row come next.
        self.batches: Iterator[Any] = iter(())
        self.batch: Any = None
        self.next = -1, -1

    def read(self, start: int, into: Arrays) -> None:
        at = 0
        for number, first, last in self.files.shards.pieces(start, start + len(into.x)):
            if self.next != (number, first):
                self._go_to(number, first)
            row = first
            while row < last:
                if self.batch is None:
                    self.batch = self._next_batch(number)
                count = min(self.batch.num_rows, last - row)
                part, path = self.batch.slice(0, count), self.files.shards.paths[number]
                self.files.choice.write(part, into.taken(at, at + count), path, row)
                self.batch = None if count == self.batch.num_rows else self.batch.slice(count)
                row, at = row + count, at + count
            self.next = number, last

    def _go_to(self, number: int, first: int) -> None:
        """Let the next row be this one of a file."""
        starts = self.files.block_starts[number]
        block = int(np.searchsorted(starts, first, side="right")) - 1
        if self.next[0] == number and starts[block] <= self.next[1] <= first:
            # On the way to the end of a block, which is decoded already.
            skipped = first - self.next[1]
        else:
            with self._reading(number):
                self.batches = self.files.batches(self._reader(number), range(block, len(starts) - 1))
            self.batch, skipped = None, first - int(starts[block])
        while skipped:
            batch = self._next_batch(number) if self.batch is None else self.batch
            self.batch = batch.slice(skipped) if batch.num_rows > skipped else None
            skipped -= min(skipped, batch.num_rows)

    def _reader(self, number: int) -> Any:
        if number not in self.opened:
            # A file of pyarrow's own: its readers go through Python for others.
            file = needs_pyarrow(self.files.shards.paths[number]).OSFile(self.files.shards.paths[number])
            self.opened[number] = file, self.files.open(file)
        self.opened[number] = self.opened.pop(number)
        if len(self.opened) > _MOST_OPEN:
            self.opened.pop(next(iter(self.opened)))[0].close()
        return self.opened[number][1]

    def _next_batch(self, number: int) -> Any:
        with self._reading(number):
            batch = next(self.batches, None)
        if batch is None:
            raise ValueError(f"{self.files.shards.paths[number]!r} has fewer rows than it says")
        return batch

    @contextlib.contextmanager
    def _reading(self, number: int) -> Iterator[None]:
        """Around what is read of a file, which is then as it was when it was looked at."""
        path, state = self.files.shards.paths[number], self.files.states[number]
        try:
            with reading(path, self.files.what):
                yield
        finally:
            # One that another process has written to meanwhile may seem damaged, or have given other rows.
            state.check(path, path)

    def close(self) -> None:
        self.batches, self.batch = iter(()), None
        while self.opened:
            self.opened.popitem()[1][0].close()
