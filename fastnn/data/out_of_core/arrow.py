"""Arrow's IPC files, Feather among them, whose record batches are the blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from fastnn.data.out_of_core.tables import TableFiles, needs_pyarrow, reading

__all__ = ["ArrowFiles"]


class ArrowFiles(TableFiles):
    """Record batches, of which one is in memory at a time."""

    kind = ".arrow"
    what = "an Arrow IPC file"

    def __init__(
        self,
        paths: Sequence[str],
        columns: Sequence[str] | None,
        target: str | Sequence[str] | None,
        sample_weight: str | None,
    ) -> None:
        super().__init__(paths, columns, target, sample_weight)
        most = max(int(np.diff(starts).max(initial=0)) for starts in self.block_starts)
        self.overhead = most * self.forms.nbytes

    def _look(self, path: str) -> tuple[Any, list[int]]:
        pyarrow = needs_pyarrow(path)
        # Mapped, so that of batches that are not compressed nothing but their lengths is read.
        with reading(path, self.what), pyarrow.memory_map(path) as file:
            schema = pyarrow.ipc.open_file(file).schema
            if not schema.names:
                raise ValueError(f"{path!r} has no columns")
            found = pyarrow.ipc.open_file(file, options=self._of_fields([0]))
            return schema, [found.get_batch(i).num_rows for i in range(found.num_record_batches)]

    def open(self, file: Any) -> Any:
        from pyarrow import ipc

        schema = ipc.open_file(file).schema
        fields = [schema.get_field_index(name) for name in self.choice.names]
        return ipc.open_file(file, options=self._of_fields(fields))

    def batches(self, reader: Any, blocks: Iterable[int]) -> Iterator[Any]:
        return map(reader.get_batch, blocks)

    def _of_fields(self, fields: list[int]) -> Any:
        # Without pyarrow's threads: the processors are busy with training.
        from pyarrow.ipc import IpcReadOptions

        return IpcReadOptions(included_fields=fields, use_threads=False)
