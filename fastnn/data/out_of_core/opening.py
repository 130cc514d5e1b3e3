"""`from_files`: opens files of rows by their names, and checks that they fit together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, TypeAlias

from fastnn.checking.scalars import whole_number
from fastnn.data.out_of_core.file_data import FileData
from fastnn.data.out_of_core.forms import RowFiles
from fastnn.data.out_of_core.npy import NpyFiles
from fastnn.data.out_of_core.paths import KINDS, kind_of, shard_paths

__all__ = ["from_files"]

PathLike: TypeAlias = str | os.PathLike[str]
Paths: TypeAlias = PathLike | Sequence[PathLike]


def from_files(
    x: Paths,
    y: Paths | None = None,
    *,
    sample_weight: Paths | str | None = None,
    target: str | Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    memory: int = 256 << 20,
    block_size: int = 1 << 20,
) -> FileData:
    """Rows in files as data for ``fit``, ``evaluate``, ``predict`` and ``validation_data``, which may exceed memory.

    An epoch reads every row once. Rows come in windows: while the model trains on one, a thread reads the next. To
    shuffle, blocks of rows are taken in random order, several make a window, and its rows are visited in random order.

    Parameters
    ----------
    x : path, or list of paths
        A file, several that are read one after the other, or a folder with these, in natural order (part2 before
        part10). NumPy's ``.npy``, Parquet (``.parquet``, ``.pq``) or Arrow's IPC format (``.arrow``, ``.feather``,
        ``.ipc``), by their names, all of one kind and form.
    y : path, or list of paths, optional
        Of ``.npy`` files: the targets, with as many rows as x. `predict` needs none.
    sample_weight : path, list of paths, or str, optional
        As y; of tables the name of a column.
    target : str or list of str, optional
        Of tables: the column that holds the targets, or several. A column may hold lists of a fixed size.
    columns : list of str, optional
        Of tables: those of the inputs; by default all that are neither target nor weight.
    memory : int, default 268435456
        Bytes that rows may take: of two windows, and of what is decoded at a time (a record batch of an Arrow file,
        of Parquet files a quarter of it, 8 MB at most). The larger, the more shuffling is like that of arrays. Where
        processes share a training, it is what all of them take together.
    block_size : int, default 1048576
        Bytes of rows that stay together in an epoch; less where windows are small. Of Parquet it is a row group, of
        Arrow a record batch, as the file has them.

    Returns
    -------
    FileData

    Raises
    ------
    TypeError, ValueError
        For files that do not fit together, are damaged or hold no rows, for columns that hold no numbers, and for
        arguments that are for the other kind of files; the message names the file.
    OSError
        When a file cannot be read.
    ImportError
        When pyarrow is missing for Parquet or Arrow files.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> from fastnn import Dense, Input, Sequential
    >>> rng = np.random.default_rng(0)
    >>> rows = rng.normal(size=(1000, 3))
    >>> model = Sequential([Input((3,)), Dense(1)], seed=0)
    >>> model.compile("sgd", "mse")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     x, y = os.path.join(folder, "x.npy"), os.path.join(folder, "y.npy")
    ...     np.save(x, rows)
    ...     np.save(y, rows @ [1.0, -2.0, 0.5])
    ...     data = from_files(x, y, memory=1 << 14)
    ...     history = model.fit(data, epochs=10)
    >>> data, history.history["loss"][-1] < 1e-2
    (FileData(1000 rows of shape (3,) and float64 in 1 .npy file), True)
    """
    memory = whole_number(memory, "memory", at_least=1)
    block_size = whole_number(block_size, "block_size", at_least=1)
    paths = shard_paths(x, "x")
    kind = kind_of(paths, "x")
    files: RowFiles
    if kind == "npy":
        for given, name in ((target, "target"), (columns, "columns")):
            if given is not None:
                raise ValueError(f"{name} is for tables, but {paths[0]!r} holds one array: pass its targets as y")
        files = NpyFiles(paths, _npy_paths(y, "y"), _npy_paths(sample_weight, "sample_weight"))
    else:
        if y is not None:
            raise ValueError(f"y is for .npy files: name the column of {paths[0]!r} that holds the targets, target=...")
        if sample_weight is not None and not isinstance(sample_weight, str):
            raise TypeError(f"sample_weight of a table must be the name of a column, but it is {sample_weight!r}")
        if kind == "parquet":
            from fastnn.data.out_of_core.parquet import ParquetFiles

            files = ParquetFiles(paths, columns, target, sample_weight, memory)
        else:
            from fastnn.data.out_of_core.arrow import ArrowFiles

            files = ArrowFiles(paths, columns, target, sample_weight)
    if files.count == 0:
        raise ValueError(
            f"x must hold at least one row, but {paths[0]!r} holds none" + " and no other does" * (len(paths) > 1)
        )
    return FileData(files, memory, block_size, 0, files.count)


def _npy_paths(given: Any, name: str) -> list[str] | None:
    if given is None:
        return None
    paths = shard_paths(given, name)
    if kind_of(paths, name) != "npy":
        raise ValueError(f"{name} must be {KINDS['npy'][0]} files, as x is, but one is {paths[0]!r}")
    return paths
