"""Windows of rows from files as samples of a model, and errors that name the file and the row."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from fastnn.data.names import Names, by_name
from fastnn.data.out_of_core.file_data import FileData
from fastnn.data.out_of_core.windows import Window
from fastnn.models.compiled import CompiledModel
from fastnn.models.inputs import Samples, explain, read_batch, read_inputs
from fastnn.models.rows import is_read_in_place

__all__ = [
    "bad_row",
    "bytes_elsewhere",
    "check_files",
    "first_refused",
    "in_order",
    "read_window",
    "refuse_beside_files",
]


def refuse_beside_files(**given: Any) -> None:
    """Raise ValueError for an argument, by its name, that is for other data than those in files."""
    for name, value in given.items():
        if value is None:
            continue
        if name in ("y", "sample_weight"):
            remedy = (
                "it comes from files, too: from_files(x, y, sample_weight=...) of .npy files, or the name of a column"
            )
        elif name == "class_weight":
            remedy = "write the weight of each row into the files, from_files(..., sample_weight=...)"
        else:
            remedy = "files are gone through whole: leave it out"
        raise ValueError(f"{name} is for arrays or batches, but x is a FileData: {remedy}")


def check_files(model: CompiledModel, data: FileData, *, judged: bool = True) -> None:
    """Raise ValueError where rows in files do not fit the model, before one is read; a model without a shape gets one.

    Parameters
    ----------
    judged : bool
        Whether there must be targets.
    """
    if len(model.input_names) > 1 or (judged and len(model.output_names) > 1):
        raise ValueError(
            "data in files are for models of one input and one output: pass an iterable of batches, or arrays from "
            "numpy.load(..., mmap_mode='r')"
        )
    if judged and data.forms.y is None:
        raise ValueError(
            "the files have no targets: name them, from_files(x, y) of .npy files, or from_files(x, target=...) of "
            "tables"
        )
    expected, found = model.input_shape, data.forms.x.shape
    if expected is not None and found not in (expected, (math.prod(expected),)):
        raise ValueError(f"x of the files must have rows of shape {expected}, but they are of shape {found}")
    read_inputs(model, np.empty((0, *data.forms.x.shape), data.forms.x.dtype), "x of the files")


def in_order(data: FileData, known: Names | None, name: str) -> FileData:
    """Rows in files with the columns of the inputs in the order of the known ones; ValueError as for data frames."""
    if known is None or data.names is None or known == data.names:
        return data
    import pyarrow

    empty = pyarrow.table({column: pyarrow.array([], pyarrow.float32()) for column in data.names})
    return replace(data, files=data.files.in_order(tuple(by_name(empty, known, name).column_names)))


def bytes_elsewhere(model: CompiledModel, data: FileData) -> int:
    """Bytes that each row of a window in use takes beside the window, at most."""
    item = model.dtype.itemsize
    x, y, weights = data.forms
    # Twice the order in which rows are visited, targets as the loss takes them, weights as float64, and inputs that the
    # engine does not read as they are.
    count = 16 + (0 if y is None else 8 * math.prod(y.shape)) + (0 if weights is None else 8)
    if not is_read_in_place(x.dtype):
        count += math.prod(x.shape) * item
    if model.metrics:
        # On record, and in the metrics.
        count += 2 * sum(math.prod(shape) for shape in model.output_shapes) * item
    return count


def read_window(model: CompiledModel, data: FileData, window: Window, names: Names | None) -> Samples:
    """A window as samples.

    Raises
    ------
    TypeError, ValueError
        As `read_batch`; where it is about a row, the message names the file and the row.
    """
    try:
        return _read(model, window, 0, window.size, names)
    except ValueError as error:
        row = _first_bad(model, window, names)
        if row is None:
            raise
        path, number = data.files.place(window.number(row), "y")
        raise ValueError(f"row {number} of {path!r}: {error}") from None


def _read(model: CompiledModel, window: Window, start: int, stop: int, names: Names | None) -> Samples:
    x, y, weights = window.rows.taken(start, stop)
    return read_batch(model, (x, y) if weights is None else (x, y, weights), names, "the files")


def _first_bad(model: CompiledModel, window: Window, names: Names | None) -> int | None:
    """The first row that cannot be read; None where it is not about one row."""

    def fails(start: int, stop: int) -> bool:
        try:
            _read(model, window, start, stop, names)
        except ValueError:
            return True
        return False

    start, stop = 0, window.size
    if stop > 1 and fails(0, 1) and fails(stop - 1, stop):
        return None
    while stop - start > 1:
        middle = (start + stop) // 2
        if fails(start, middle):
            stop = middle
        else:
            start = middle
    return start if fails(start, stop) else None


def bad_row(model: CompiledModel, data: FileData, window: Window, inputs: Any, targets: Any, row: int) -> ValueError:
    """The error for a row of a window that the engine refused; the message names the file, the row and the column.

    Parameters
    ----------
    inputs, targets : ndarray
        The window as the engine reads it; None for targets that nobody has asked for.
    """
    for name, form, array in (("x", data.forms.x, inputs), ("y", data.forms.y, targets)):
        if form is None or array is None:
            continue
        path, number = data.files.place(window.number(row), name)
        bad = np.flatnonzero(~np.isfinite(array[row]))
        if not bad.size:
            continue
        if name == "x" and data.names is not None:
            place = f"its column {data.names[bad[0]]!r}"
        else:
            inside = np.unravel_index(bad[0], form.shape) if math.prod(form.shape) == array.shape[1] else bad[:1]
            place = f"{name}[{', '.join(map(str, (number, *(int(i) for i in inside))))}]"
        return ValueError(
            f"row {number} of {path!r} must hold finite numbers, but {place} is {array[row, bad[0]]}: remove or fill "
            "in such rows first"
        )
    path, number = data.files.place(window.number(row), "x")
    one = slice(row, row + 1)
    error = explain(model, inputs[one], None if targets is None else targets[one], 0)
    return ValueError(f"row {number} of {path!r}: {error}")


def first_refused(model: CompiledModel, samples: Samples) -> int | None:
    """The first sample with a number that is not finite; None where there is none.

    What the engine finds by itself where it is given a window whole.
    """
    for array in (samples.inputs, samples.targets):
        if array.dtype.kind == "f":
            finite = np.isfinite(array).all(axis=1)
            if not finite.all():
                return int(finite.argmin())
    return None
