"""Tables: a user's CSV or ``.npz`` file as numbers, with the place of anything that is not one."""

import csv
import math
from dataclasses import dataclass
from typing import Any

import numpy
from numpy.typing import NDArray


@dataclass(frozen=True)
class Table:
    """Columns of text by name, in the file's order; ``lines`` are the line numbers of the rows."""

    name: str
    columns: dict[str, list[str]]
    lines: list[int]


def read_csv(path: str) -> Table:
    """Read a CSV file with a header row.

    Raises
    ------
    OSError
        When it cannot be read.
    ValueError
        When it is empty, not text, repeats a column, or a row has another number of fields than the header.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            if not header:
                raise ValueError(f"{path!r} is empty: expected a header row with the names of the columns")
            if len(set(header)) != len(header):
                twice = next(name for name in header if header.count(name) > 1)
                raise ValueError(f"{path!r} has two columns called {twice!r}: rename one")
            rows, lines = [], []
            for row in reader:
                if not row:
                    continue
                if len(row) != len(header):
                    raise ValueError(
                        f"line {reader.line_num} of {path!r} has {len(row)} fields, but the header has {len(header)}"
                    )
                rows.append([field.strip() for field in row])
                lines.append(reader.line_num)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path!r} is not a CSV file in UTF-8: {error}") from error
    if not rows:
        raise ValueError(f"{path!r} has a header but no rows")
    return Table(path, {name: [row[i] for row in rows] for i, name in enumerate(header)}, lines)


def numbers(table: Table, column: str) -> NDArray[numpy.float64]:
    """A column as float64; ValueError names the line of the first field that is no finite number."""
    values = []
    for line, text in zip(table.lines, table.columns[column], strict=True):
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            what = "is empty" if not text else f"is {text!r}"
            raise ValueError(
                f"column {column!r} of {table.name!r} must hold finite numbers, but line {line} {what}: "
                "fill it in, remove the line, or turn words into numbers first"
            )
        values.append(value)
    return numpy.array(values)


def matrix(table: Table, columns: list[str]) -> NDArray[numpy.float64]:
    """Columns side by side, shape (rows, columns); ValueError names those that are missing."""
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise ValueError(
            f"{table.name!r} lacks the column{'s' * (len(missing) > 1)} {', '.join(map(repr, missing))}: "
            f"it has {', '.join(map(repr, table.columns))}"
        )
    return numpy.stack([numbers(table, name) for name in columns], axis=1)


def read_arrays(path: str, names: tuple[str, ...]) -> list[NDArray[Any]]:
    """Arrays of an ``.npz`` file by name, never a pickle; ValueError says what is wrong with the file."""
    try:
        with open(path, "rb") as opened, numpy.load(opened, allow_pickle=False) as file:
            if not hasattr(file, "files"):
                raise ValueError("it is a single .npy array")
            missing = [name for name in names if name not in file.files]
            if missing:
                raise ValueError(f"it lacks the array {missing[0]!r}; it has {', '.join(file.files) or 'none'}")
            return [file[name] for name in names]
    except OSError:
        raise
    except Exception as error:
        # zipfile, zlib and numpy raise a dozen kinds for damaged bytes; the user needs one.
        raise ValueError(f"{path!r} cannot be read as an .npz file of numbers: {error}") from error
