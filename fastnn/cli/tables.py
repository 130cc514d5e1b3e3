"""Tables: a user's CSV or Parquet file as named columns, with the place of anything that is wrong in one."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fastnn.cli.csv_files import is_number, line_of_row, read_csv
from fastnn.files.reading import check_expansion, regular_file

__all__ = ["Table", "number_text", "read_table"]

_CSV = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".txt")
_PARQUET = (".parquet", ".pq")


@dataclass(frozen=True)
class Table:
    """Columns by name.

    Attributes
    ----------
    name : str
        The file's.
    columns : dict of str to ndarray
        float64 with NaN for what is missing, or objects: str, and None for what is missing.
    rows : ndarray of int
        Which rows of the file these are, counted from 0.
    line_of : callable or None
        The line of a text file where a row begins.
    """

    name: str
    columns: dict[str, NDArray[Any]]
    rows: NDArray[np.intp]
    line_of: Callable[[int], int] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def place(self, index: int) -> str:
        """How a message calls the place of a row: its line, or its number in a file without lines."""
        row = int(self.rows[index])
        return f"row {row + 1}" if self.line_of is None else f"line {self.line_of(row)}"

    def check_names(self, names: Iterable[str]) -> None:
        """Raise ValueError where columns are not there; the message names all of them."""
        missing = [name for name in names if name not in self.columns]
        if missing:
            raise ValueError(
                f"{self.name!r} has no column{'s' * (len(missing) > 1)} {', '.join(map(repr, missing))}: "
                f"it has {', '.join(map(repr, self.columns))}"
            )

    def check_complete(self, names: Iterable[str], remedy: str) -> None:
        """Raise ValueError where a value of these columns is missing; the message names column, place and remedy."""
        for name in names:
            absent = _absent(self.columns[name])
            if absent.any():
                more = int(absent.sum()) - 1
                also = f" (and {more} more)" if more else ""
                place = self.place(int(absent.argmax()))
                raise ValueError(f"column {name!r} of {self.name!r} has no value in {place}{also}: {remedy}")

    def complete_rows(self, names: Iterable[str]) -> Table:
        """The rows in which none of these columns lacks a value."""
        kept = np.ones(len(self), bool)
        for name in names:
            kept &= ~_absent(self.columns[name])
        if not kept.any():
            raise ValueError(f"every row of {self.name!r} lacks a value: leave out the columns that are empty")
        columns = {name: column[kept] for name, column in self.columns.items()}
        return replace(self, columns=columns, rows=self.rows[kept])

    def numbers(self, name: str, remedy: str = "correct it or remove it") -> NDArray[np.float64]:
        """A column of finite numbers, none missing; ValueError names the first other value, its place and a remedy."""
        column = self.columns[name]
        values: NDArray[np.float64] = column
        if column.dtype == object:
            values = np.array([float(text) if is_number(text) else np.nan for text in column])
        wrong = ~np.isfinite(values)
        if wrong.any():
            index = int(wrong.argmax())
            raise ValueError(
                f"column {name!r} of {self.name!r} must hold finite numbers, but {self.place(index)} is "
                f"{str(column[index])!r}: {remedy}"
            )
        return values

    def texts(self, name: str) -> list[str]:
        """A column as texts, none of which is missing; whole numbers are written without a point."""
        column = self.columns[name]
        return list(column) if column.dtype == object else [number_text(number) for number in column]


def number_text(number: float) -> str:
    """A number as a class or category is called.

    >>> number_text(3.0), number_text(0.5)
    ('3', '0.5')
    """
    number = float(number)
    return str(int(number)) if number.is_integer() else repr(number)


def read_table(path: str, as_text: Collection[str] = ()) -> Table:
    """Read a CSV file (.csv, .tsv, also .gz) or a Parquet file (.parquet, .pq).

    Parameters
    ----------
    path : str
    as_text : collection of str
        Columns that are texts, also where all of them are numbers.

    Raises
    ------
    ImportError
        When a Parquet file needs pyarrow, which is missing.
    OSError
        When the file cannot be read.
    ValueError
        When it is damaged, or has no rows; or its name has none of these endings.
    """
    lower, line_of = path.lower(), None
    if lower.endswith(_CSV):
        columns, line_of = read_csv(path, as_text), functools.partial(line_of_row, path)
    elif lower.endswith(_PARQUET):
        columns = _read_parquet(path, as_text)
    else:
        raise ValueError(f"{path!r} must be a {', '.join(_CSV)}, {', '.join(_PARQUET)} or .npz file, by its name")
    rows = len(next(iter(columns.values()), ()))
    if not rows:
        raise ValueError(f"{path!r} has a header but no rows")
    return Table(path, columns, np.arange(rows), line_of)


def _read_parquet(path: str, as_text: Collection[str]) -> dict[str, NDArray[Any]]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ImportError(f"{path!r} needs pyarrow to be read: pip install fastnn-ext[tables]") from None
    regular_file(path)
    try:
        # A file of pyarrow's own: its threads would otherwise read through Python's.
        with pyarrow.OSFile(path) as opened:
            file = parquet.ParquetFile(opened, pre_buffer=False)
            # A million rows of one value take a few bytes there, and eight each in memory.
            check_expansion(8 * file.metadata.num_rows * file.metadata.num_columns, os.path.getsize(path))
            table = file.read()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        raise ValueError(f"{path!r} cannot be read as a Parquet file: {error}") from error
    for name in table.column_names:
        if name and table.column_names.count(name) > 1:
            raise ValueError(f"{path!r} has two columns called {name!r}: rename one")
    return {
        name: _column_of_arrow(column, f"column {name!r} of {path!r}", name in as_text)
        for name, column in zip(table.column_names, table.columns, strict=True)
    }


def _column_of_arrow(column: Any, place: str, as_text: bool) -> NDArray[Any]:
    import pyarrow

    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    number = pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind) or pyarrow.types.is_decimal(kind)
    if number or pyarrow.types.is_null(kind):
        numbers = column.cast(pyarrow.float64()).to_numpy(zero_copy_only=False)
        if not as_text:
            return cast("NDArray[Any]", numbers)
        return np.array([None if np.isnan(value) else number_text(value) for value in numbers], dtype=object)
    if pyarrow.types.is_boolean(kind):
        return np.array([None if value is None else str(value) for value in column.to_pylist()], dtype=object)
    try:
        return np.array(column.cast(pyarrow.string()).to_pylist(), dtype=object)
    except pyarrow.ArrowException:
        raise ValueError(f"{place} holds values of type {kind}: only numbers and texts are read") from None


def _absent(column: NDArray[Any]) -> NDArray[np.bool_]:
    if column.dtype == object:
        return np.array([text is None for text in column], dtype=bool)
    return cast("NDArray[np.bool_]", np.isnan(column))
