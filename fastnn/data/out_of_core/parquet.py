"""Parquet files, whose row groups are the blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fastnn.data.out_of_core.tables import TableFiles, needs_pyarrow, reading

__all__ = ["ParquetFiles"]

# Bytes that are decoded at once: each piece costs a call for every column. The first number is a share of memory.
_SHARE, _LARGEST_PIECE = 8, 4 << 20
# Bytes of each column that are read at once, at least.
_LEAST_READ = 1 << 14


class ParquetFiles(TableFiles):
    """Row groups, of which no more is in memory than is being decoded.

    Parameters
    ----------
    paths, columns, target, sample_weight, memory
        As `fastnn.data.from_files` takes them.
    """

    kind = ".parquet"
    what = "a Parquet file"

    def __init__(
        self,
        paths: Sequence[str],
        columns: Sequence[str] | None,
        target: str | Sequence[str] | None,
        sample_weight: str | None,
        memory: int,
    ) -> None:
        self.piece = min(_LARGEST_PIECE, memory // _SHARE)
        self.largest_group = 0
        super().__init__(paths, columns, target, sample_weight)
        # Of what is decoded, and of what is read for it.
        self.overhead = 2 * self.piece

    def _look(self, path: str) -> tuple[Any, list[int]]:
        needs_pyarrow(path)
        from pyarrow import parquet

        with reading(path, self.what), parquet.ParquetFile(path, pre_buffer=False) as found:
            groups = [found.metadata.row_group(i) for i in range(found.metadata.num_row_groups)]
            self.largest_group = max([self.largest_group, *(group.total_byte_size for group in groups)])
            return found.schema_arrow, [group.num_rows for group in groups]

    def open(self, file: Any) -> Any:
        from pyarrow import parquet

        # 0 reads each column of a group whole, which is fastest.
        size = max(_LEAST_READ, self.piece // len(self.choice.names)) if self.largest_group > self.piece else 0
        return parquet.ParquetFile(file, buffer_size=size, pre_buffer=False)

    def batches(self, reader: Any, blocks: Iterable[int]) -> Iterator[Any]:
        rows = max(1, self.piece // self.forms.nbytes)
        for block in blocks:
            # Without pyarrow's threads: the processors are busy with training.
            yield from reader.iter_batches(rows, row_groups=[block], columns=self.choice.names, use_threads=False)
