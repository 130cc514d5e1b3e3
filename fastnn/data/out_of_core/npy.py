"""NumPy's ``.npy`` files: inputs, targets and weights apart, each one file or several.

They are read, not mapped into memory: a file that another process shortens is then an error, where a mapped one would
end this process, and what was read takes no more memory than the array that it was read into.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import FileIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.data.out_of_core.forms import Arrays, Form, Forms, Reader, RowFiles
from fastnn.data.out_of_core.paths import FileState, Shards
from fastnn.files.reading import Header, RegularFile, read_npy_header

__all__ = ["NpyFiles"]

# Files of an array that are open at once.
_MOST_OPEN = 4


class NpyArray:
    """One array in one file or several, along the first axis.

    Parameters
    ----------
    paths : list of str
    name : str
        What messages call it.

    Raises
    ------
    OSError
        When a file cannot be read.
    ValueError
        When it is no such file of real numbers, in Fortran's order, or of another form than the first.
    """

    def __init__(self, paths: Sequence[str], name: str) -> None:
        self.states: list[FileState] = []
        self.offsets: list[int] = []
        headers: list[Header] = []
        for path in paths:
            with RegularFile(path) as opened:
                try:
                    header, fortran_order = read_npy_header(opened)
                    _check(header, fortran_order, name)
                except Exception as error:
                    # numpy raises several kinds for damaged bytes.
                    if isinstance(error, OSError) and error.filename is not None:
                        raise
                    raise ValueError(f"{path!r} cannot be read as a NumPy file of numbers in rows: {error}") from error
                self.states.append(FileState.of(opened.file))
                self.offsets.append(opened.size - header.nbytes)
            headers.append(header)
            if headers[0].shape[1:] != header.shape[1:] or headers[0].dtype != header.dtype:
                raise ValueError(
                    f"the files of {name} must be alike, but {path!r} has rows of shape {header.shape[1:]} and "
                    f"{header.dtype}, and {paths[0]!r} of {headers[0].shape[1:]} and {headers[0].dtype}"
                )
        self.form = Form(headers[0].shape[1:], headers[0].dtype)
        self.shards = Shards(paths, [header.shape[0] for header in headers])


def _check(header: Header, fortran_order: bool, name: str) -> None:
    if header.dtype.kind not in "fiub":
        raise ValueError(f"it holds {header.dtype}, but {name} must be real numbers")
    if not header.shape:
        raise ValueError(f"it is a single number, but {name} must have an axis of samples")
    if fortran_order and sum(length > 1 for length in header.shape) > 1:
        raise ValueError("its numbers lie column by column: save it as numpy.ascontiguousarray(...)")


class NpyFiles(RowFiles):
    """Files of ``x``, of ``y`` and of ``sample_weight``, with as many rows each."""

    kind = ".npy"

    def __init__(self, x: Sequence[str], y: Sequence[str] | None, sample_weight: Sequence[str] | None) -> None:
        self.x = NpyArray(x, "x")
        self.y = None if y is None else NpyArray(y, "y")
        self.weights = None if sample_weight is None else NpyArray(sample_weight, "sample_weight")
        self.count, self.files = self.x.shards.count, len(x)
        for array, name in ((self.y, "y"), (self.weights, "sample_weight")):
            if array is not None and array.shards.count != self.count:
                raise ValueError(
                    f"{name} must have as many rows as x, {self.count}, but its files have {array.shards.count}"
                )
        if not self.x.form.shape:
            raise ValueError(
                f"x must have shape (samples, ...), but {x[0]!r} has one axis: one feature is a column, "
                "x.reshape(-1, 1)"
            )
        if self.weights is not None and math.prod(self.weights.form.shape) != 1:
            raise ValueError(
                f"sample_weight must have one number for each sample, but {self.weights.shards.paths[0]!r} has rows of "
                f"shape {self.weights.form.shape}"
            )
        self.forms = Forms(
            self.x.form,
            None if self.y is None else self.y.form,
            None if self.weights is None else self.weights.form,
        )

    def edges(self, rows: int) -> NDArray[np.intp]:
        return np.append(np.arange(0, self.count, rows), self.count)

    def reader(self) -> Reader:
        return _NpyReader(self)

    def place(self, row: int, part: str) -> tuple[str, int]:
        array = self.y if part == "y" and self.y is not None else self.x
        return array.shards.place(row)


class _NpyReader(Reader):
    def __init__(self, files: NpyFiles) -> None:
        self.readers = [None if one is None else _ArrayReader(one) for one in (files.x, files.y, files.weights)]

    def read(self, start: int, into: Arrays) -> None:
        for reader, room in zip(self.readers, into, strict=True):
            if reader is not None and room is not None:
                reader.read(start, room)

    def close(self) -> None:
        for reader in self.readers:
            if reader is not None:
                reader.close()


class _ArrayReader:
    """Reads rows of one array, and keeps a few of its files open."""

    def __init__(self, array: NpyArray) -> None:
        self.array = array
        # The one that was used last is at the end.
        self.opened: dict[int, FileIO] = {}

    def read(self, start: int, into: NDArray[Any]) -> None:
        """Fill an array with the rows from number ``start`` on."""
        at = 0
        for number, first, last in self.array.shards.pieces(start, start + len(into)):
            part = into[at : at + last - first]
            if part.nbytes:
                offset = self.array.offsets[number] + first * self.array.form.nbytes
                self._read_bytes(number, offset, memoryview(part.reshape(-1).view(np.uint8).data))
            at += last - first

    def _read_bytes(self, number: int, offset: int, view: memoryview) -> None:
        path, state, file = self.array.shards.paths[number], self.array.states[number], self._file(number)
        file.seek(offset)
        while view:
            size = file.readinto(view)
            if not size:
                state.check(file, path)
                raise ValueError(f"{path!r} ends before its last row")
            view = view[size:]
        # Afterwards: a change before or while these rows were read shows.
        state.check(file, path)

    def _file(self, number: int) -> FileIO:
        if number not in self.opened:
            self.opened[number] = FileIO(self.array.shards.paths[number])
        file = self.opened[number] = self.opened.pop(number)
        if len(self.opened) > _MOST_OPEN:
            self.opened.pop(next(iter(self.opened))).close()
        return file

    def close(self) -> None:
        while self.opened:
            self.opened.popitem()[1].close()
