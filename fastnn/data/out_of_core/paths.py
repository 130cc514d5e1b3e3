"""Paths: the shards of a folder or a list in their order, of which kind they are, and whether one has changed."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from fastnn.files.reading import regular_file

__all__ = ["KINDS", "FileState", "Shards", "kind_of", "shard_paths"]

# The ends of names, by kind.
KINDS = {
    "npy": (".npy",),
    "parquet": (".parquet", ".pq"),
    "arrow": (".arrow", ".feather", ".ipc"),
}
_ENDS = ", ".join(end for ends in KINDS.values() for end in ends)


def shard_paths(given: Any, name: str) -> list[str]:
    """The paths of one file, of a list of files, or of a folder's files in natural order: part2 before part10.

    Files of a folder whose names begin with a point or an underscore, as those that say how it was written, are none.

    Raises
    ------
    TypeError, ValueError, OSError
        For no path, no files, or what is no regular file.
    """
    if isinstance(given, list | tuple):
        if not given:
            raise ValueError(f"{name} must be the path of a file or folder, or a list of paths, but the list is empty")
        for path in given:
            regular_file(path)
        return [os.fsdecode(path) for path in given]
    if not isinstance(given, str | os.PathLike):
        raise TypeError(
            f"{name} must be the path of a file or folder, or a list of paths, but it is a {type(given).__name__}"
        )
    if not os.path.isdir(given):
        regular_file(given)
        return [os.fsdecode(given)]
    found = [path for path in Path(given).iterdir() if not path.name.startswith((".", "_"))]
    if not found:
        raise ValueError(f"the folder {os.fspath(given)!r} has no files: {name} must have shards, {_ENDS}")
    for path in found:
        regular_file(path)
    return [str(path) for path in sorted(found, key=_natural)]


def _natural(path: Path) -> list[tuple[int, str]]:
    # Digits as numbers; both kinds of parts can be compared.
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]


def kind_of(paths: Sequence[str], name: str) -> str:
    """The kind of all of these files, by their names; ValueError where there are several or it is none of `KINDS`."""
    kinds: dict[str, str] = {}
    for path in paths:
        kind = next((kind for kind, ends in KINDS.items() if path.lower().endswith(ends)), None)
        if kind is None:
            raise ValueError(f"{name} must be files whose names end with {_ENDS}, but one is {path!r}")
        kinds.setdefault(kind, path)
    if len(kinds) > 1:
        raise ValueError(
            f"{name} must be files of one kind, but among them are {' and '.join(map(repr, kinds.values()))}"
        )
    (found,) = kinds
    return found


class FileState(NamedTuple):
    """Size and time of the last change of a file, by which a change is noticed."""

    size: int
    changed: int

    @classmethod
    def of(cls, file: IO[bytes] | FileIO | str) -> FileState:
        found = os.stat(file) if isinstance(file, str) else os.fstat(file.fileno())
        return cls(found.st_size, found.st_mtime_ns)

    def check(self, file: IO[bytes] | FileIO | str, path: str) -> None:
        """Raise ValueError if the file is not as it was."""
        if FileState.of(file) != self:
            raise ValueError(f"{path!r} has changed since from_files read of it: call from_files again")


class Shards:
    """How rows are numbered through several files.

    Parameters
    ----------
    paths : list of str
    counts : list of int
        The rows of each.

    Examples
    --------
    >>> shards = Shards(["a.npy", "b.npy"], [3, 4])
    >>> list(shards.pieces(2, 5)), shards.place(3)
    ([(0, 2, 3), (1, 0, 2)], ('b.npy', 0))
    """

    def __init__(self, paths: Sequence[str], counts: Sequence[int]) -> None:
        self.paths, self.starts = list(paths), np.concatenate([[0], np.cumsum(counts, dtype=np.intp)])
        self.count = int(self.starts[-1])

    def pieces(self, start: int, stop: int) -> list[tuple[int, int, int]]:
        """Of these rows, the number of each file with the first and last of them in it."""
        found = []
        while start < stop:
            number = int(np.searchsorted(self.starts, start, side="right")) - 1
            end = min(stop, int(self.starts[number + 1]))
            found.append((number, start - int(self.starts[number]), end - int(self.starts[number])))
            start = end
        return found

    def place(self, row: int) -> tuple[str, int]:
        """The file of a row, and its number there."""
        number, first, _ = self.pieces(row, row + 1)[0]
        return self.paths[number], first
