"""Tables in files: Parquet, of which a block is a row group, and Arrow's IPC files, of which it is a record batch.

Columns are told apart by name. Nothing is mapped into memory while rows are read, see `fastnn.data.out_of_core.npy`.
"""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.data.out_of_core.columns import Choice, chosen_columns
from fastnn.data.out_of_core.forms import Arrays, Reader, RowFiles
from fastnn.data.out_of_core.paths import FileState, Shards

__all__ = ["BatchReader", "TableFiles", "needs_pyarrow", "opened"]


def needs_pyarrow(path: str) -> Any:
    """pyarrow; ImportError says how to get it."""
    try:
        import pyarrow
    except ImportError:
        raise ImportError(f"{path!r} needs pyarrow to be read: pip install fastnn-ext[tables]") from None
    return pyarrow


@contextlib.contextmanager
def opened(path: str, what: str, *, mapped: bool = False) -> Iterator[Any]:
    """A file of pyarrow's own: its readers go through Python for others. Its errors name the file."""
    pyarrow = needs_pyarrow(path)
    try:
        with (pyarrow.memory_map if mapped else pyarrow.OSFile)(path) as file:
            yield file
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

    def __init__(
        self,
        paths: Sequence[str],
        columns: Sequence[str] | None,
        target: str | Sequence[str] | None,
        sample_weight: str | None,
    ) -> None:
        self.states = [FileState.of(path) for path in paths]
        self.batch_counts: list[list[int]] = []
        choice: Choice | None = None
        for path in paths:
            schema, counts = self._look(path)
            if choice is None:
                choice = chosen_columns(schema, path, columns, target, sample_weight)
            choice.check(schema, path, paths[0])
            self.batch_counts.append(counts)
        assert choice is not None
        self.shards = Shards(paths, [sum(counts) for counts in self.batch_counts])
        self.count, self.files = self.shards.count, len(paths)
        self._choose(choice)

    def _choose(self, choice: Choice) -> None:
        self.choice, self.forms, self.names = choice, choice.forms, choice.input_names

    @abstractmethod
    def _look(self, path: str) -> tuple[Any, list[int]]:
        """The schema of a file, and the rows of each of its blocks."""

    @abstractmethod
    def batches(self, file: Any, blocks: Iterable[int]) -> Iterator[Any]:
        """The record batches of these blocks of an open file."""

    def edges(self, rows: int) -> NDArray[np.intp]:
        counts = [count for counts in self.batch_counts for count in counts if count]
        return np.concatenate([[0], np.cumsum(counts, dtype=np.intp)]).astype(np.intp)

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
    """Reads blocks batch by batch, and goes on within a block where the call before stopped."""

    def __init__(self, files: TableFiles) -> None:
        self.files = files
        # What is left of a file: its batches to come, the one that was begun, and which file and row come next.
        self.batches: Iterator[Any] = iter(())
        self.batch: Any = None
        self.next = -1, -1

    def read(self, start: int, into: Arrays) -> None:
        for number, first, last in self.files.shards.pieces(start, start + len(into.x)):
            if self.next != (number, first):
                self._begin(number, first)
            done = start
            while done < start + last - first:
                if self.batch is None:
                    self.batch = next(self.batches, None)
                    if self.batch is None:
                        raise ValueError(f"{self.files.shards.paths[number]!r} has fewer rows than it says")
                count = min(self.batch.num_rows, start + last - first - done)
                part = into.taken(done - start, done - start + count)
                row = first + done - start
                self.files.choice.write(self.batch.slice(0, count), part, self.files.shards.paths[number], row)
                self.batch = None if count == self.batch.num_rows else self.batch.slice(count)
                done += count
            self.next = number, last
            into, start = into.taken(last - first, len(into.x)), start + last - first

    def _begin(self, number: int, first: int) -> None:
        """Let the next row be this one of a file."""
        self.close()
        block, before = 0, 0
        counts = self.files.batch_counts[number]
        while before + counts[block] <= first:
            before += counts[block]
            block += 1
        self.batches = self._from_block(number, block)
        skipped = first - before
        while skipped:
            batch = next(self.batches)
            if batch.num_rows > skipped:
                self.batch = batch.slice(skipped)
            skipped -= min(skipped, batch.num_rows)

    def _from_block(self, number: int, block: int) -> Generator[Any]:
        """The batches from this block to the file's end."""
        path, state = self.files.shards.paths[number], self.files.states[number]
        try:
            with opened(path, self.files.what) as file:
                for batch in self.files.batches(file, range(block, len(self.files.batch_counts[number]))):
                    state.check(path, path)
                    yield batch
        except ValueError:
            # A file that another process has written to seems damaged.
            state.check(path, path)
            raise

    def close(self) -> None:
        if isinstance(self.batches, Generator):
            # The file with it.
            self.batches.close()
        self.batches, self.batch, self.next = iter(()), None, (-1, -1)
