"""Columns of tables in files: which are inputs, targets and weights, and their numbers as rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from numpy.typing import NDArray

from fastnn.arrays.frames import arrow_column, check_column, common_dtype, interleave, missing_values
from fastnn.data.out_of_core.forms import Arrays, Form, Forms

__all__ = ["Choice", "chosen_columns"]


class FileColumn(NamedTuple):
    """A column with one number a row, or of fixed-size lists of numbers: ``form`` is that of one row."""

    name: str
    form: Form


@dataclass(frozen=True)
class Choice:
    """Which columns of a table are what.

    Attributes
    ----------
    x : tuple of FileColumn
    y : tuple of FileColumn or None
    one_target : bool
        Whether a target is a number, or one row of a list, rather than a row of columns.
    weights : FileColumn or None
    known : frozenset of str or None
        All columns of the first file, where the inputs are all that are nothing else.
    """

    x: tuple[FileColumn, ...]
    y: tuple[FileColumn, ...] | None
    one_target: bool
    weights: FileColumn | None
    known: frozenset[str] | None

    @property
    def forms(self) -> Forms:
        y = None if self.y is None else self.y[0].form if self.one_target else _joined(self.y)
        return Forms(_joined(self.x), y, None if self.weights is None else self.weights.form)

    @property
    def names(self) -> list[str]:
        """Of all columns that are read, each once."""
        every = (*self.x, *(self.y or ()), *(() if self.weights is None else (self.weights,)))
        return list(dict.fromkeys(column.name for column in every))

    @property
    def input_names(self) -> tuple[str, ...] | None:
        """Those of the inputs; None where a column has several numbers."""
        return None if any(column.form.shape for column in self.x) else tuple(column.name for column in self.x)

    def in_order(self, names: Sequence[str]) -> Choice:
        """The same with the inputs in another order."""
        found = {column.name: column for column in self.x}
        return replace(self, x=tuple(found[name] for name in names))

    def check(self, schema: Any, path: str, first: str) -> None:
        """Raise ValueError where the file has not the same columns as the first."""
        for name in self.names:
            if schema.get_field_index(name) < 0:
                raise ValueError(f"all files must have the same columns, but {path!r} has no {name!r}, or two of it")
        strange = [] if self.known is None else [name for name in schema.names if name not in self.known]
        if strange:
            raise ValueError(
                f"all files must have the same columns, but {path!r} has {strange[0]!r}, which {first!r} has not: name "
                "those to be read, columns=[...]"
            )
        for column in (*self.x, *(self.y or ()), *(() if self.weights is None else (self.weights,))):
            form = form_of(schema.field(column.name).type, f"the column {column.name!r} of {path!r}")
            if form != column.form:
                raise ValueError(
                    f"all files must have the same columns, but {column.name!r} is {_told(form)} in {path!r}, and "
                    f"{_told(column.form)} in {first!r}"
                )

    def write(self, batch: Any, into: Arrays, path: str, row: int) -> None:
        """The rows of a record batch, of which the first is this row of a file, into arrays of as many."""
        _write(batch, self.x, into.x, path, row)
        if into.y is not None and self.y is not None:
            _write(batch, self.y, into.y, path, row)
        if into.weights is not None and self.weights is not None:
            _write(batch, (self.weights,), into.weights, path, row)


def chosen_columns(
    schema: Any,
    path: str,
    columns: Sequence[str] | None,
    target: str | Sequence[str] | None,
    sample_weight: str | None,
) -> Choice:
    """What ``from_files`` was told of a table's columns, by the first file.

    Raises
    ------
    TypeError
        Where a column holds no numbers, or a name is no string.
    ValueError
        Where a name is not there or comes twice, or no column is left for the inputs.
    """
    names = list(schema.names)
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise ValueError(f"{path!r} has two columns called {double!r}: rename one")
    targets = _names(target, "target", names, path)
    weights = _names(sample_weight, "sample_weight", names, path)
    if columns is None:
        others = {*(targets or ()), *(weights or ())}
        inputs = [name for name in names if name not in others]
    else:
        if isinstance(columns, str):
            raise TypeError(f"columns must be a list of names, but it is {columns!r}: pass [{columns!r}]")
        inputs = _names(columns, "columns", names, path) or []
    if not inputs:
        raise ValueError(f"{path!r} has no column for the inputs: its columns are {', '.join(map(repr, names))}")

    def column(name: str) -> FileColumn:
        return FileColumn(name, form_of(schema.field(name).type, f"the column {name!r} of {path!r}"))

    weight = None if weights is None else column(weights[0])
    if weight is not None and weight.form.shape:
        raise ValueError(f"sample_weight must be a column of one number a row, but {weight.name!r} holds lists")
    return Choice(
        tuple(map(column, inputs)),
        None if targets is None else tuple(map(column, targets)),
        isinstance(target, str),
        weight,
        frozenset(names) if columns is None else None,
    )


def form_of(kind: Any, place: str) -> Form:
    """The form of one row of a column of this Arrow type; TypeError where it holds no numbers."""
    import pyarrow

    shape = []
    while pyarrow.types.is_fixed_size_list(kind):
        shape.append(kind.list_size)
        kind = kind.value_type
    column = arrow_column(pyarrow.chunked_array([], kind), place)
    if pyarrow.types.is_list(kind) or pyarrow.types.is_large_list(kind):
        raise TypeError(f"{place} holds lists that may differ in length: make its type pyarrow.list_(type, length)")
    check_column(column, "pyarrow.compute.dictionary_encode(...).indices")
    assert column.dtype is not None
    return Form(tuple(shape), column.dtype)


def _names(given: Any, what: str, known: Sequence[str], path: str) -> list[str] | None:
    if given is None:
        return None
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"{what} must be the name of a column, or a list of names, but it is {given!r}")
    if not names:
        raise ValueError(f"{what} must name a column, but it is an empty list")
    for name in names:
        if name not in known:
            raise ValueError(f"{path!r} has no column {name!r}: it has {', '.join(map(repr, known))}")
    if len(set(names)) < len(names):
        raise ValueError(f"{what} must name each column once, but it is {list(names)}")
    return list(names)


def _joined(columns: Sequence[FileColumn]) -> Form:
    """Columns side by side; one of lists alone keeps their shape."""
    if len(columns) == 1:
        return Form(columns[0].form.shape or (1,), columns[0].form.dtype)
    dtype = common_dtype([column.form.dtype for column in columns])
    return Form((sum(math.prod(column.form.shape) for column in columns),), dtype)


def _told(form: Form) -> str:
    return f"{form.dtype}{f' in lists of {list(form.shape)}' if form.shape else ''}"


def _write(batch: Any, columns: Sequence[FileColumn], into: NDArray[Any], path: str, row: int) -> None:
    rows, at, schema = into.reshape(len(into), -1), 0, batch.schema
    single: list[NDArray[Any]] = []
    # Neighbours of one number each are written together.
    for column in columns:
        numbers = _numbers(batch.column(schema.get_field_index(column.name)), column, path, row)
        if column.form.shape:
            at = _flush(single, rows, at)
            width = math.prod(column.form.shape)
            rows[:, at : at + width] = numbers.reshape(len(rows), width)
            at += width
        else:
            single.append(numbers)
    _flush(single, rows, at)


def _flush(columns: list[NDArray[Any]], rows: NDArray[Any], at: int) -> int:
    count = len(columns)
    if count:
        interleave(columns, rows[:, at : at + count])
        columns.clear()
    return at + count


def _numbers(array: Any, column: FileColumn, path: str, row: int) -> NDArray[Any]:
    per_row = 1
    for length in (*column.form.shape, None):
        if array.null_count:
            first = row + array.is_null().index(True).as_py() // per_row
            raise missing_values(f"the column {column.name!r} of {path!r}", array.null_count, first)
        if length is not None:
            per_row *= length
            array = array.flatten()
    numbers: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return numbers
