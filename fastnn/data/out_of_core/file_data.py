"""What `from_files` returns: rows in files as data for ``fit``, ``evaluate`` and ``predict``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fastnn.data.out_of_core.forms import Forms, RowFiles

__all__ = ["FileData"]

# Rows of a window come from at least so many places of the files, where these leave it open: fewer, and windows of rows
# that are sorted by class differ in what they teach.
_BLOCKS_OF_A_WINDOW = 256


@dataclass(frozen=True, eq=False, repr=False)
class FileData:
    """Rows in files, as data that may be larger than memory; `from_files` makes it.

    It can be used for any number of calls. Nothing is open between them, and it can be pickled.

    Attributes
    ----------
    files : RowFiles
    memory : int
        Bytes that rows may take while they are read and trained on.
    block_size : int
        Bytes of rows that stay together, where the files do not say.
    start, stop : int
        The first row, and the one behind the last.
    """

    files: RowFiles
    memory: int
    block_size: int
    start: int
    stop: int

    # What those are told who pass it where only an array will do.
    instead_of_an_array: ClassVar[str] = (
        "rows in files are read by a model's fit, evaluate and predict, and as its validation_data. "
        "Pass numpy.load(..., mmap_mode='r')"
    )

    @property
    def count(self) -> int:
        """Rows."""
        return self.stop - self.start

    @property
    def forms(self) -> Forms:
        """Shape and dtype of a row of x, y and the weights of samples."""
        return self.files.forms

    @property
    def names(self) -> tuple[str, ...] | None:
        """Of the columns of the inputs."""
        return self.files.names

    def __len__(self) -> int:
        return self.count

    def __repr__(self) -> str:
        files = f"{self.files.files} {self.files.kind} file{'s' * (self.files.files > 1)}"
        return f"FileData({self.count} rows of shape {self.forms.x.shape} and {self.forms.x.dtype} in {files})"

    def split(self, first: int) -> tuple[FileData, FileData]:
        """The ``first`` rows and the rest."""
        middle = self.start + first
        return replace(self, stop=middle), replace(self, start=middle)

    def edges(self, window: int) -> NDArray[np.intp]:
        """Where blocks begin and the last one ends, for windows of so many rows."""
        rows = max(1, min(self.block_size // max(1, self.forms.nbytes), window // _BLOCKS_OF_A_WINDOW))
        edges = self.files.edges(rows)
        inside = edges[(edges > self.start) & (edges < self.stop)]
        return np.concatenate([[self.start], inside, [self.stop]]).astype(np.intp)
