"""Rows written to files of every kind that `fastnn.data.from_files` reads."""

import itertools
import math

import numpy as np
import pytest

from fastnn.data import from_files

# Of tables, with a column for each number, or one of lists.
KINDS = ("npy", "parquet", "parquet of lists", "arrow", "arrow of lists", "feather")


def arrow_column(array):
    """An array of rows as a column, of fixed-size lists where rows have several numbers."""
    import pyarrow

    column = pyarrow.array(np.ascontiguousarray(array).reshape(-1))
    for size in reversed(array.shape[1:]):
        column = pyarrow.FixedSizeListArray.from_arrays(column, size)
    return column


def table_of(x, y=None, weights=None, lists=False):
    """A table with the columns x0, x1, ..., or x; and y and w."""
    import pyarrow

    if lists:
        columns = {"x": arrow_column(x)}
    else:
        flat = x.reshape(len(x), math.prod(x.shape[1:]))
        columns = {f"x{i}": arrow_column(np.ascontiguousarray(flat[:, i])) for i in range(flat.shape[1])}
    if y is not None:
        columns["y"] = arrow_column(y)
    if weights is not None:
        columns["w"] = arrow_column(weights)
    return pyarrow.table(columns)


def write_table(table, path, rows, use_dictionary=True):
    """A table as the file of this name, with blocks of so many rows."""
    import pyarrow
    from pyarrow import feather, parquet

    if path.suffix == ".parquet":
        parquet.write_table(table, path, row_group_size=rows, use_dictionary=use_dictionary)
    elif path.suffix == ".feather":
        feather.write_feather(table, path, compression="lz4", chunksize=rows)
    else:
        with pyarrow.ipc.new_file(str(path), table.schema) as file:
            file.write_table(table, max_chunksize=rows)


def written(kind, folder, x, y=None, weights=None, *, counts=None, rows=70, memory=1 << 20, **options):
    """Rows in files of a kind as data, in shards of these counts, their blocks of so many rows where the kind has any.

    ``memory`` is for rows alone.
    """
    if kind != "npy":
        pytest.importorskip("pyarrow")
    edges = np.concatenate([[0], np.cumsum(counts or [len(x)])])
    assert edges[-1] == len(x)
    parts = list(itertools.pairwise(edges))
    if kind == "npy":
        given = {}
        for name, array in (("x", x), ("y", y), ("sample_weight", weights)):
            if array is not None:
                (folder / name).mkdir(parents=True)
                for number, (start, stop) in enumerate(parts):
                    np.save(folder / name / f"part{number}.npy", array[start:stop])
                given[name] = folder / name
        return from_files(**given, memory=memory, **options)
    suffix = kind.split()[0]
    (folder / "table").mkdir(parents=True)
    for number, (start, stop) in enumerate(parts):
        table = table_of(
            x[start:stop],
            None if y is None else y[start:stop],
            None if weights is None else weights[start:stop],
            lists="lists" in kind,
        )
        write_table(table, folder / "table" / f"part{number}.{suffix}", rows)
    how = {"target": None if y is None else "y", "sample_weight": None if weights is None else "w", **options}
    if suffix == "parquet":
        # A quarter is for what is decoded.
        return from_files(folder / "table", memory=-(-4 * memory // 3), **how)
    batch = from_files(folder / "table", memory=memory, **how).files.overhead
    return from_files(folder / "table", memory=memory + batch, **how)
