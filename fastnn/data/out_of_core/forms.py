"""What rows in files look like, and what everything that reads them offers."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Arrays", "Form", "Forms", "Reader", "RowFiles"]


class Form(NamedTuple):
    """The shape of one row and the dtype of its numbers."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """Bytes of one row."""
        return math.prod(self.shape) * self.dtype.itemsize


class Forms(NamedTuple):
    """Of the inputs, the targets and the weights of samples; None where there are none."""

    x: Form
    y: Form | None
    weights: Form | None

    @property
    def nbytes(self) -> int:
        """Bytes of one row of all of them."""
        return sum(form.nbytes for form in self if form is not None)


class Arrays(NamedTuple):
    """Room for rows, or rows: an array of shape (rows, ...) for each form."""

    x: NDArray[Any]
    y: NDArray[Any] | None
    weights: NDArray[Any] | None

    @classmethod
    def empty(cls, forms: Forms, rows: int) -> Arrays:
        def room(form: Form) -> NDArray[Any]:
            return np.empty((rows, *form.shape), form.dtype)

        y, weights = (None if form is None else room(form) for form in forms[1:])
        return cls(room(forms.x), y, weights)

    def taken(self, start: int, stop: int) -> Arrays:
        """These rows, as views."""
        y, weights = (None if array is None else array[start:stop] for array in self[1:])
        return Arrays(self.x[start:stop], y, weights)

    def fill(self, rows: Arrays) -> None:
        """Copy as many rows as there is room for."""
        for mine, given in zip(self, rows, strict=True):
            if mine is not None:
                mine[...] = given


class Reader(ABC):
    """A pass through files; it may keep a file open from one call to the next."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def read(self, start: int, into: Arrays) -> None:
        """Fill arrays with the rows from number ``start`` on, all of one block.

        Raises
        ------
        OSError
            When a file cannot be read.
        ValueError
            When a file has changed, is damaged, or lacks a value; the message names it.
        """

    def close(self) -> None:  # noqa: B027 - many have nothing to close
        """Let go of open files."""


class RowFiles(ABC):
    """Files of rows, which are numbered through all of them.

    Attributes
    ----------
    count : int
        Rows.
    forms : Forms
    names : tuple of str or None
        Of the columns of the inputs.
    files : int
    kind : str
        What messages call them.
    overhead : int
        Bytes that a reader takes beside the rows that it fills.
    has_blocks : bool
        Whether the files say what a block is.
    """

    count: int
    forms: Forms
    names: tuple[str, ...] | None = None
    files: int
    kind: str
    overhead: int = 0
    has_blocks: bool = False

    @abstractmethod
    def edges(self, rows: int) -> NDArray[np.intp]:
        """Where blocks begin and the last one ends; of ``rows`` rows each, where the files do not say."""

    @abstractmethod
    def reader(self) -> Reader:
        """What reads them, for one thread."""

    @abstractmethod
    def place(self, row: int, part: str) -> tuple[str, int]:
        """The file that has a row of "x" or "y", and the row's number in it, from 0."""

    def in_order(self, names: tuple[str, ...]) -> RowFiles:
        """The same files with the columns of the inputs in another order."""
        raise ValueError("these files have no columns with names")
