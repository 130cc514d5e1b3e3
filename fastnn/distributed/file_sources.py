"""Sources of batches from files that ranks share: each reads and computes its part of every window, or of its own."""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.callbacks.base import CallbackList
from fastnn.data.out_of_core.file_data import FileData
from fastnn.data.out_of_core.windows import Window, Windows
from fastnn.distributed.file_shards import DividedWindows, parts_of
from fastnn.distributed.gathering import GatheredRows
from fastnn.distributed.ranks import Ranks
from fastnn.distributed.shards import share_of
from fastnn.distributed.sources import Divided, Item
from fastnn.distributed.steps import Part, Sums
from fastnn.models.compiled import CompiledModel
from fastnn.models.file_rows import bad_row, read_window
from fastnn.models.inputs import Samples
from fastnn.models.several import join_rows, take_rows
from fastnn.models.sources import ArrayOptions, Progress

__all__ = ["BalancedFiles", "DividedFiles"]

# Windows, and rows of these, of which a part of a batch is.
Origin = list[tuple[Window, NDArray[np.intp]]]


class _Files(Divided):
    """What both have: an epoch that takes back what it has learned when rows turn out to be bad."""

    def __init__(
        self,
        model: CompiledModel,
        ranks: Ranks,
        data: FileData,
        options: ArrayOptions,
        local_steps: int,
        windows: Windows,
        samples: int,
        batch_size: int,
    ) -> None:
        super().__init__(model, ranks, options.augmentation, local_steps)
        self.data, self.windows, self.shuffle = data, windows, options.shuffle
        self.names = model.feature_names or data.names
        self.samples, self.batch_size = samples, batch_size
        self.steps: int = -(-samples // batch_size)
        self.gathered = GatheredRows(model, ranks, batch_size)
        # Of the part that is trained on.
        self.origin: Origin = []

    def run_epoch(self, epoch: int, progress: Progress | None, watchers: CallbackList) -> dict[str, float] | None:
        self.keep()
        self.gathered.begin()
        if self.stepping is None:
            self.stepping = self.make_steps()
            self.stepping.explain_row = self._explain
        try:
            with contextlib.closing(self.items()) as items:
                return self.run(items, epoch, progress, watchers)
        except (ValueError, OSError):
            self.restore()
            raise

    @abstractmethod
    def items(self) -> Generator[Item]:
        """This rank's parts of all batches of an epoch."""

    def make_room(self, samples: Samples, most: int) -> None:
        """For parts of so many rows, by the first that this rank sees."""
        assert self.stepping is not None
        if not self.stepping.capacity:
            self.stepping.reserve(*_taken(samples, np.arange(most) % samples.count))

    def after_step(self, number: int, sums: Sums) -> None:
        self.gathered.after_step(number, sums)

    def logs(self, sums: Sums) -> dict[str, float]:
        return self.gathered.logs(sums)

    def _explain(self, part: Part, sample: int) -> ValueError:
        """The error for a sample of a part that the engine refused, by its file."""
        inputs, targets, _ = part
        row, left = None, sample
        for window, rows in self.origin:
            if left < len(rows):
                row = window.number(int(rows[left]))
                break
            left -= len(rows)
        assert row is not None
        one = slice(sample, sample + 1)
        alone = Window(self.origin[0][0].rows, [(row, row + 1)])
        return bad_row(self.model, self.data, alone, inputs[one], targets[one], 0)


class DividedFiles(_Files):
    """The windows, the order and the batches that one process would make of all rows.

    Parameters
    ----------
    model, ranks, options, local_steps
        As in `DividedArrays`.
    windows : DividedWindows
    """

    def __init__(
        self,
        model: CompiledModel,
        ranks: Ranks,
        options: ArrayOptions,
        local_steps: int,
        windows: DividedWindows,
    ) -> None:
        data = windows.data
        super().__init__(model, ranks, data, options, local_steps, windows, data.count, windows.batch_size)
        # The largest part of a batch that this rank may have: of shuffled rows it is a matter of chance.
        self.most = self.batch_size if options.shuffle else -(-self.batch_size // ranks.size)

    def items(self) -> Generator[Item]:
        rng = self.model.rng if self.shuffle else None
        with contextlib.closing(self.windows.epoch(rng)) as windows:
            for window in windows:
                assert window.places is not None
                samples = read_window(self.model, self.data, window, self.names) if window.size else None
                # All ranks draw it, also those that have no row of this window.
                order = None if rng is None else rng.permutation(window.places.all_rows)
                for part in parts_of(window, order, self.batch_size):
                    if samples is None or len(part.rows) == 0:
                        yield None, part.places, part.all_rows
                        continue
                    self.make_room(samples, self.most)
                    self.origin = [(window, part.rows)]
                    yield _taken(samples, part.rows), part.places, part.all_rows


class BalancedFiles(_Files):
    """Each rank goes through files of its own, and gives an even share of its rows to each batch.

    Parameters
    ----------
    model, ranks, options, local_steps
        As in `DividedArrays`.
    windows : Windows
        Of this rank's rows, with batches of one row.
    counts : list of int
        The rows that each rank has.
    """

    def __init__(
        self,
        model: CompiledModel,
        ranks: Ranks,
        options: ArrayOptions,
        local_steps: int,
        windows: Windows,
        counts: list[int],
    ) -> None:
        self.counts = counts
        samples = sum(counts)
        batch_size = min(options.batch_size, samples)
        super().__init__(model, ranks, windows.data, options, local_steps, windows, samples, batch_size)

    def items(self) -> Generator[Item]:
        rng = None
        if self.shuffle:
            # All draw one number alike, and go on from it each in its own way.
            rng = np.random.default_rng([int(self.model.rng.integers(1 << 63)), self.ranks.rank])
        most = -(-self.counts[self.ranks.rank] // self.steps)
        with contextlib.closing(self.windows.epoch(rng)) as windows:
            stream = _Stream(self._read(windows), rng)
            for step in range(self.steps):
                shares = [share_of(count, step, self.steps) for count in self.counts]
                sizes = [share.stop - share.start for share in shares]
                mine = sizes[self.ranks.rank]
                part = None
                if mine:
                    part, self.origin = stream.take(mine)
                    self.make_room(stream.samples, most)
                yield part, sum(sizes[: self.ranks.rank]) + np.arange(mine), sum(sizes)

    def _read(self, windows: Iterator[Window]) -> Iterator[tuple[Window, Samples]]:
        for window in windows:
            yield window, read_window(self.model, self.data, window, self.names)


class _Stream:
    """Rows of one window after the other, each in its own order."""

    def __init__(self, windows: Iterator[tuple[Window, Samples]], rng: np.random.Generator | None) -> None:
        self.windows, self.rng = windows, rng
        self.order: NDArray[np.intp] = np.empty(0, np.intp)
        self.samples: Any = None

    def take(self, count: int) -> tuple[Part, Origin]:
        """So many rows, which may be those of several windows, and where they are from."""
        found: list[Part] = []
        origin: Origin = []
        while count:
            if not len(self.order):
                self.window, self.samples = next(self.windows)
                size = self.window.size
                self.order = np.arange(size) if self.rng is None else self.rng.permutation(size)
            rows, self.order = self.order[:count], self.order[count:]
            # Copies: the window is overwritten when the next but one is asked for.
            found.append(_taken(self.samples, rows))
            origin.append((self.window, rows))
            count -= len(rows)
        inputs, targets, weights = zip(*found, strict=True)
        return (join_rows(inputs), join_rows(targets), None if weights[0] is None else join_rows(weights)), origin


def _taken(samples: Samples, rows: NDArray[np.intp]) -> Part:
    inputs, targets, weights = (take_rows(one, rows) for one in (samples.inputs, samples.targets, samples.weights))
    return inputs, targets, weights
