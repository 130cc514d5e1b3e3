"""Parquet files, whose row groups are the blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fastnn.data.out_of_core.tables import TableFiles, needs_pyarrow, opened

__all__ = ["ParquetFiles"]

# Bytes that are decoded at once, and of each column that are read at once.
_PIECE = 1 << 20


class ParquetFiles(TableFiles):
    """Row groups, of which no more is in memory than is being decoded."""

    kind = ".parquet"
    what = "a Parquet file"
    overhead = 2 * _PIECE

    def _look(self, path: str) -> tuple[Any, list[int]]:
        needs_pyarrow(path)
        from pyarrow import parquet

        with opened(path, self.what) as file:
            found = parquet.ParquetFile(file, pre_buffer=False)
            groups = found.metadata
            return found.schema_arrow, [groups.row_group(i).num_rows for i in range(groups.num_row_groups)]

    def batches(self, file: Any, blocks: Iterable[int]) -> Iterator[Any]:
        from pyarrow import parquet

        found = parquet.ParquetFile(file, buffer_size=_PIECE, pre_buffer=False)
        rows = max(1, _PIECE // self.forms.nbytes)
        for block in blocks:
            # Without pyarrow's threads: the processors are busy with training.
            yield from found.iter_batches(rows, row_groups=[block], columns=self.choice.names, use_threads=False)
