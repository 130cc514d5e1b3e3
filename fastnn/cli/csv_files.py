"""CSV files: a header row with names, and a line for each row. pandas reads them where it is installed, else Python."""

from __future__ import annotations

import contextlib
import csv
import gzip
import importlib.util
import io
import math
import os
import warnings
import zlib
from collections.abc import Collection, Iterable, Iterator
from typing import Any, TextIO, cast

import numpy as np
from numpy.typing import NDArray

from fastnn.files.reading import check_expansion, regular_file

__all__ = ["as_column", "is_number", "line_of_row", "read_csv"]

# What stands for a value that is not there. "None" is a category in too many tables to be one of them.
_MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL")


def read_csv(path: str, as_text: Collection[str] = ()) -> dict[str, NDArray[Any]]:
    """The columns of a CSV file by name.

    Commas, semicolons or tabs stand between the fields, whichever the header has most of. A name that ends in .gz is
    that of a compressed file.

    Parameters
    ----------
    path : str
    as_text : collection of str
        Columns that are texts, also where all of them are numbers.

    Returns
    -------
    dict of str to ndarray
        float64 with NaN for what is missing, or objects: str, and None for what is missing.

    Raises
    ------
    OSError
        When it cannot be read.
    ValueError
        When it is empty, no CSV file in UTF-8, or repeats a name.
    """
    try:
        header, delimiter = _header(path)
        read = _read_with_pandas if importlib.util.find_spec("pandas") else _read_with_python
        return read(path, header, delimiter, as_text)
    except (UnicodeDecodeError, csv.Error, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path!r} is not a CSV file in UTF-8: {error}") from error
    except ValueError as error:
        # Python's and pandas' own do not name it.
        raise error if repr(path) in str(error) else ValueError(f"{path!r} cannot be read: {error}") from error


def line_of_row(path: str, row: int) -> int:
    """The number of the line where a row begins; rows are counted from 0, behind the header.

    Only a message needs it, so that nobody pays for it but who has to find the line.
    """
    _, delimiter = _header(path)
    # pandas is not strict about quotes, nor about the length of a field: then it is the best guess that there is.
    with _opened(path) as file, contextlib.suppress(csv.Error):
        for number, (line, _) in enumerate(_rows(file, delimiter, strict=False)):
            if number == row + 1:
                return line
    return row + 2


def is_number(text: str) -> bool:
    """Whether a text is a number as Python writes them.

    >>> is_number("1e3"), is_number("1,5")
    (True, False)
    """
    try:
        float(text)
    except ValueError:
        return False
    return True


def as_column(texts: list[str | None]) -> NDArray[Any]:
    """Numbers where all texts are, else the texts themselves.

    >>> as_column(["1", None]), as_column(["1", "x"])
    (array([ 1., nan]), array(['1', 'x'], dtype=object))
    """
    try:
        return np.array([math.nan if text is None else float(text) for text in texts])
    except ValueError:
        return np.array(texts, dtype=object)


class _Unpacked(gzip.GzipFile):
    """A compressed file that may not grow beyond all measure."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._packed_size = os.path.getsize(path)

    def read1(self, size: int = -1) -> bytes:
        # What a TextIOWrapper reads with.
        check_expansion(self.tell(), self._packed_size)
        return super().read1(size)


def _opened(path: str) -> TextIO:
    regular_file(path)
    if path.lower().endswith(".gz"):
        return io.TextIOWrapper(_Unpacked(path), encoding="utf-8-sig", newline="")
    return open(path, encoding="utf-8-sig", newline="")


def _rows(file: Iterable[str], delimiter: str, strict: bool = True) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not empty, with the line it begins in; the header is the first."""
    reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True, strict=strict)
    begin = 1
    for row in reader:
        if row:
            yield begin, row
        begin = reader.line_num + 1


def _header(path: str) -> tuple[list[str], str]:
    with _opened(path) as file:
        first = next((line for line in file if line.strip()), "")
        # The first of equals is the comma.
        delimiter = max(",;\t", key=first.count)
        file.seek(0)
        names = [name.strip() for name in next(_rows(file, delimiter), (1, []))[1]]
    if not names:
        raise ValueError(f"{path!r} is empty: expected a header row with the names of the columns")
    for name in names:
        # Columns without names are left out, however many.
        if name and names.count(name) > 1:
            raise ValueError(f"{path!r} has two columns called {name!r}: rename one")
    return names, delimiter


def _as_text(value: object) -> str | None:
    """A field as a stripped text, None where it is missing; truth values are written in one way."""
    if not isinstance(value, str | bool | int):
        return None
    text = str(value).strip()
    if text in _MISSING:
        return None
    return text.capitalize() if text.lower() in ("true", "false") else text


def _read_with_python(
    path: str, header: list[str], delimiter: str, as_text: Collection[str]
) -> dict[str, NDArray[Any]]:
    fields: list[list[str | None]] = [[] for _ in header]
    with _opened(path) as file:
        rows = _rows(file, delimiter)
        next(rows)
        for line, row in rows:
            if len(row) != len(header):
                raise ValueError(f"line {line} of {path!r} has {len(row)} fields, but the header has {len(header)}")
            for column, value in zip(fields, row, strict=True):
                column.append(_as_text(value))
    return {
        name: np.array(column, dtype=object) if name in as_text else as_column(column)
        for name, column in zip(header, fields, strict=True)
    }


def _read_with_pandas(
    path: str, header: list[str], delimiter: str, as_text: Collection[str]
) -> dict[str, NDArray[Any]]:
    import pandas

    numbers = range(len(header))
    try:
        with warnings.catch_warnings(), _opened(path) as file:
            # It would read rows that are longer than the header and leave their last fields out.
            warnings.simplefilter("error", pandas.errors.ParserWarning)
            frame = pandas.read_csv(
                file,
                sep=delimiter,
                header=0,
                names=list(numbers),
                index_col=False,
                dtype={number: str for number in numbers if header[number] in as_text},
                keep_default_na=False,
                na_values=list(_MISSING),
                skipinitialspace=True,
                low_memory=False,
            )
    except pandas.errors.ParserWarning:
        raise ValueError(f"the rows of {path!r} have more fields than the header, which has {len(header)}") from None
    except pandas.errors.ParserError as error:
        reason = str(error).replace("Error tokenizing data. C error: ", "").strip()
        raise ValueError(f"{path!r} is not a CSV file: {reason}") from error
    return {header[number]: _column_of_series(frame[number], header[number] in as_text) for number in numbers}


def _column_of_series(series: Any, as_text: bool) -> NDArray[Any]:
    if series.dtype.kind in "fiu":
        return cast(NDArray[Any], series.to_numpy(np.float64))
    texts = [_as_text(value) for value in series.to_numpy(object)]
    return np.array(texts, dtype=object) if as_text else as_column(texts)
