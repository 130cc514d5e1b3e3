"""The CSV logger: a line of a table, in a text file, for each epoch."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from typing import Any, ClassVar, Literal, TextIO

from fastnn.callbacks.base import Callback, Logs
from fastnn.callbacks.states import FLAG, NAMES, WHOLE, check_state
from fastnn.checking.scalars import true_or_false
from fastnn.files.reading import regular_file
from fastnn.files.writing import atomic_write, naming

__all__ = ["CSVLogger"]


class CSVLogger(Callback):
    """Write the values of each epoch as a line of a file, which can be read while training goes on.

    The first line names the columns: epoch, counted from 0, then the values' names in the order in which they first
    came. A value that is missing for an epoch leaves its field empty. Numbers are written so that reading them gives
    the same float.

    Parameters
    ----------
    filename : path-like
        Its folder must be there.
    separator : str, default ","
        One character.
    append : bool, default False
        Go on after the lines of a file that is there already; otherwise it is replaced when the first epoch begins.
        A training that is resumed from a model's file goes on in either case where its own lines are there: behind
        those that were written when the model was saved, without those that came later.

    Raises
    ------
    TypeError, ValueError
        For a separator that is not one character; with `append`, where a value has no column in the file.
    FileNotFoundError
        When training begins and the folder is not there.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from fastnn.layers import Dense
    >>> from fastnn.models import Sequential
    >>> model = Sequential([Dense(1, kernel_initializer="zeros")], seed=0)
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "log.csv"
    ...     history = model.fit(np.ones((8, 2)), np.zeros(8), epochs=2, callbacks=[CSVLogger(path)])
    ...     print(path.read_text())
    epoch,loss
    0,0.0
    1,0.0
    """

    rank_zero_only: ClassVar[bool] = True

    _state_kinds: ClassVar = {"names": NAMES, "rows": WHOLE, "found": FLAG}

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        self.filename = os.fspath(filename)
        if not isinstance(separator, str):
            raise TypeError(f"separator must be a string of one character, but it is {separator!r}")
        if len(separator) != 1 or separator in '"\r\n':
            raise ValueError(f"separator must be one character that is no quote or line end, but it is {separator!r}")
        self.separator = separator
        self.append = true_or_false(append, "append")
        self._path = ""
        self.names: list[str] = []
        # Lines below the first.
        self.rows = 0
        # Whether the file's first line was there before: it stays as it is.
        self.found = False
        # Whether the file is still to be replaced.
        self._fresh = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        # From here on, the program may change its working directory.
        self._path = os.path.abspath(self.filename)
        folder = os.path.dirname(self._path)
        if not os.path.isdir(folder):
            raise FileNotFoundError(f"the folder {folder} of the CSVLogger's {self.filename!r} is not there: create it")
        self.names = self._continued() if self.append else []
        self.found = bool(self.names)
        if self.found:
            self._refuse_new([*self.model.loss_names, *(metric.name for metric in self.model.metrics)])
        if not self.found:
            self.rows = 0
        self._fresh = not self.append
        # At once: a file that cannot be written is no reason to fail after an epoch.
        self._write("a", [])

    def set_state(self, state: dict[str, Any]) -> None:
        check_state(self._state_kinds, state, "CSVLogger")
        names, rows = state["names"], state["rows"]
        try:
            lines = self._rows()
        except (csv.Error, ValueError):
            lines = []
        width = 1 + len(names)
        there = bool(lines) and lines[0][:width] == ["epoch", *names] and len(lines) > rows
        if not there and (names or rows):
            # Another file, or none: it begins here.
            return
        # Columns and lines that came after the model was saved come again.
        self._replace([line[:width] for line in lines[: rows + 1]] if names else [])
        self.names, self.rows, self.found, self._fresh = list(names), rows, state["found"], False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self._fresh:
            self._write("w", [])
            self._fresh = False

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        self.on_epoch_begin(epoch)
        if any(name not in self.names for name in logs):
            if self.found:
                self._refuse_new(logs)
            self._add_columns(logs)
        self._write("a", [[epoch, *(logs.get(name, "") for name in self.names)]])
        self.rows += 1

    def _write(self, mode: Literal["a", "w"], rows: Iterable[Iterable[object]]) -> None:
        # Opened for each line: nothing waits in a buffer, and nothing is left open where training fails.
        with naming(self._path), open(self._path, mode, newline="", encoding="utf-8") as file:
            self._lines(file, rows)

    def _lines(self, file: TextIO, rows: Iterable[Iterable[object]]) -> None:
        csv.writer(file, delimiter=self.separator, lineterminator="\n").writerows(rows)

    def _rows(self) -> list[list[str]]:
        regular_file(self._path)
        try:
            with open(self._path, newline="", encoding="utf-8") as file:
                return list(csv.reader(file, delimiter=self.separator))
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(
                f"{self.filename!r} is no CSV file in UTF-8 that a CSVLogger could continue: {error}. Log to another "
                "file, or leave append out to replace this one"
            ) from error

    def _continued(self) -> list[str]:
        """The names in the first line of a file to append to; empty if there is no such line."""
        if not os.path.exists(self._path):
            return []
        rows = self._rows()
        if not rows:
            return []
        if rows[0][:1] != ["epoch"]:
            raise ValueError(
                f"to append to {self.filename!r}, its first line must name the columns, epoch first, with "
                f"{self.separator!r} between them, but it is {self.separator.join(rows[0])!r}"
            )
        with open(self._path, "rb+") as file:
            file.seek(-1, os.SEEK_END)
            if file.read() != b"\n":
                file.write(b"\n")
        self.rows = len(rows) - 1
        return rows[0][1:]

    def _refuse_new(self, names: Iterable[str]) -> None:
        missing = [name for name in names if name not in self.names]
        if missing:
            raise ValueError(
                f"{self.filename!r} has no column for {', '.join(missing)}, but only for {', '.join(self.names)}: "
                "log to another file, or leave append out to replace this one"
            )

    def _add_columns(self, logs: Logs) -> None:
        """Write the file anew with columns for values that come for the first time, as after a later validation."""
        new = [name for name in logs if name not in self.names]
        self.names += new
        lines = self._rows()[1:]
        self._replace([["epoch", *self.names], *(line + [""] * len(new) for line in lines)])

    def _replace(self, rows: list[list[str]]) -> None:
        text = io.StringIO(newline="")
        self._lines(text, rows)
        with atomic_write(self._path) as file:
            file.write(text.getvalue().encode())
