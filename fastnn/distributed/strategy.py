"""Data-parallel training: what a fit does where several ranks share it."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from fastnn.callbacks.base import Callback, CallbackList
from fastnn.callbacks.model import ModelInTraining
from fastnn.data.out_of_core.file_data import FileData
from fastnn.data.out_of_core.windows import Windows
from fastnn.distributed.beginning import compare, describe, describe_files, take_over
from fastnn.distributed.evaluation import DividedEvaluation
from fastnn.distributed.file_evaluation import DividedFileEvaluation
from fastnn.distributed.file_shards import DividedWindows, OwnRows, SharedRanges, SharedTurns, joined, told_of
from fastnn.distributed.file_sources import BalancedFiles, DividedFiles
from fastnn.distributed.local_steps import check_constraints
from fastnn.distributed.objective import DividedObjective
from fastnn.distributed.ranks import Ranks
from fastnn.distributed.shards import BalancedShards, OwnShards, Shards, SharedRows, share_of
from fastnn.distributed.sources import DividedArrays, DividedBatches
from fastnn.models.batches import Batches
from fastnn.models.compiled import CompiledModel
from fastnn.models.evaluation import BatchEvaluation, Evaluation
from fastnn.models.file_evaluation import FileEvaluation
from fastnn.models.file_rows import bytes_elsewhere, check_files
from fastnn.models.inputs import Samples
from fastnn.models.leaves import leaf_layers, moving_layers
from fastnn.models.sources import ArrayOptions, Source
from fastnn.models.strategy import Strategy
from fastnn.optimizers.lbfgs import LBFGS

__all__ = ["DataParallel"]


class DataParallel(Strategy):
    """What `fastnn.distributed.mpi` returns.

    Attributes
    ----------
    rank : int
        This process' number, from 0.
    size : int
        How many processes there are.
    waited : float
        Seconds that this process has spent in sums of gradients so far: in messages, and until others had theirs ready.
    """

    def __init__(
        self, ranks: Ranks, *, own: bool, balanced: bool, local_statistics: bool, local_steps: int, half: bool
    ) -> None:
        self._ranks, self._own, self._balanced, self._local_statistics = ranks, own, balanced, local_statistics
        self._local_steps, self._half = local_steps, half
        # Those of all ranks, and those that speak in rank 0 alone with what they were made with.
        self._callbacks: list[Callback] = []
        self._silenced: list[tuple[Callback, Any]] = []
        # The rows that each rank has.
        self._counts: list[int] = []

    @property
    def rank(self) -> int:
        return self._ranks.rank

    @property
    def size(self) -> int:
        return self._ranks.size

    @property
    def waited(self) -> float:
        return self._ranks.waited

    def __repr__(self) -> str:
        return repr(self._ranks)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Around what all ranks do, such as a whole script: an error in one of them is raised in all.

        ``fit`` does so itself.

        Raises
        ------
        BaseException
            That of the ranks which raise one, with their numbers in its text: of the same class where it is one of
            Python's own, otherwise a RuntimeError.

        Examples
        --------
        >>> import pytest
        >>> mpi4py = pytest.importorskip("mpi4py")
        >>> import fastnn
        >>> ranks = fastnn.distributed.mpi()
        >>> with ranks.together():
        ...     rows = [1, 2, 3][ranks.rank]
        """
        with self._ranks.together():
            try:
                yield
            finally:
                for callback, verbose in self._silenced:
                    callback._keep(verbose=verbose)
                self._callbacks, self._silenced = [], []

    def tells(self, error: BaseException) -> bool:
        """Whether this rank is the one to tell of an error, of all that raise it: of one of its own it is."""
        return bool(getattr(error, "agreement", (None, True))[1])

    def watchers(self, callbacks: Iterable[Any] | None, model: ModelInTraining) -> CallbackList:
        watchers = CallbackList(callbacks, model)
        self._callbacks = [callback for callback in watchers.callbacks if not callback.rank_zero_only]
        if self.rank == 0:
            return watchers
        self._silenced = [(callback, callback.verbose) for callback in self._callbacks if hasattr(callback, "verbose")]
        for callback, _ in self._silenced:
            callback._keep(verbose=0)
        return CallbackList(self._callbacks, model)

    def verbosity(self, verbosity: int) -> int:
        return verbosity if self.rank == 0 else 0

    def begin(
        self, model: CompiledModel, data: Samples | FileData | None, initial_epoch: int, settings: dict[str, Any]
    ) -> int:
        if isinstance(data, FileData):
            check_files(model, data)
        if not model.built:
            raise ValueError(
                "with batches from an iterable, ranks begin with the same weights only where the model has some: call "
                "model.build(input_shape) before"
            )
        self._refuse(model)
        kind = "batches" if data is None else "rows in files" if isinstance(data, FileData) else "arrays"
        settings = {
            # First: what else is compared depends on it.
            "kind of data": kind,
            **settings,
            **describe(model),
            "callbacks": [type(callback).__name__ for callback in self._callbacks],
            "arguments of mpi": (self._own, self._balanced, self._local_statistics, self._local_steps, self._half),
            "overlap": self._ranks.overlap,
        }
        if isinstance(data, FileData):
            settings |= describe_files(data, self._own)
        elif data is not None:
            settings["sample_weight"] = data.weights is not None
        if data is not None and not self._own:
            settings["number of samples"] = data.count
        compare(self._ranks, settings)
        self._counts = [] if data is None else self._ranks.exchange(data.count)
        return take_over(self._ranks, model, initial_epoch)

    def array_source(self, model: CompiledModel, data: Samples, options: ArrayOptions) -> DividedArrays:
        kind: type[Shards] = SharedRows
        if self._own:
            # In order, the rows of a batch would nearly all be those of one rank.
            kind = OwnShards if options.shuffle and not self._balanced else BalancedShards
        shards = kind(self._counts, self.rank, options.batch_size)
        return DividedArrays(model, self._ranks, data, shards, options, self._local_steps)

    def batch_source(
        self, model: CompiledModel, batches: Batches, steps: int | None, augmentation: Any
    ) -> DividedBatches:
        if self._local_steps > 1:
            raise ValueError("local_steps is for arrays: batches of an iterable are not as many in all ranks")
        return DividedBatches(model, self._ranks, batches, steps, augmentation)

    def file_source(self, model: CompiledModel, data: FileData, options: ArrayOptions) -> Source:
        ranks, more = self._ranks, bytes_elsewhere(model, data)
        if self._own and (self._balanced or not options.shuffle):
            # In order, the rows of a batch would nearly all be those of one rank.
            alone = Windows(data, 1, more)
            return BalancedFiles(model, ranks, options, self._local_steps, alone, self._counts)
        batch_size = min(options.batch_size, sum(self._counts) if self._own else data.count)
        windows: DividedWindows
        if self._own:
            whole, own = joined(data, self.rank, ranks.exchange(told_of(data)))
            windows = OwnRows(whole, batch_size, more, self.rank, self.size, own)
        else:
            kind = SharedRanges if options.shuffle else SharedTurns
            windows = kind(data, batch_size, more, self.rank, self.size)
        return DividedFiles(model, ranks, options, self._local_steps, windows)

    def objective(self, model: CompiledModel, samples: Samples) -> DividedObjective:
        if self._local_steps > 1 or self._half:
            raise ValueError("LBFGS needs exact sums in each step: leave local_steps and half_precision out")
        if not self._own:
            if samples.count < self.size:
                raise ValueError(f"LBFGS needs a sample for each of {self.size} ranks, but there are {samples.count}")
            samples = samples.taken(share_of(samples.count, self.rank, self.size))
        return DividedObjective(model, samples, self._ranks)

    def evaluation(
        self, evaluation: Evaluation | BatchEvaluation | FileEvaluation
    ) -> DividedEvaluation | DividedFileEvaluation:
        if isinstance(evaluation, FileEvaluation):
            described = describe_files(evaluation.data, self._own)
            compare(self._ranks, {f"{name}, of validation_data": value for name, value in described.items()})
            return DividedFileEvaluation(evaluation, self._ranks, self._own)
        return DividedEvaluation(evaluation, self._ranks, self._own)

    def stops(self, model: CompiledModel) -> bool:
        optimizer, _ = model.needs_compile()
        known = {
            "vector of weights": _checksum(model),
            "random state": repr(model.rng.bit_generator.state),
            "learning rate": None if isinstance(optimizer, LBFGS) else optimizer.rate_at(model.optimizer_state.step),
        }
        told = self._ranks.exchange((model.stop_training, known))
        for name in known:
            for rank, (_, its) in enumerate(told):
                if its[name] != told[0][1][name]:
                    raise self._ranks.agreed(
                        RuntimeError(
                            f"rank {rank} of {self.size} has another {name} than rank 0: callbacks must do the same in "
                            "all ranks"
                        )
                    )
        model.stop_training = any(stops for stops, _ in told)
        return model.stop_training

    def _refuse(self, model: CompiledModel) -> None:
        """Raise ValueError for layers that would not do in parts of a batch what they do in the whole."""
        if self._local_steps > 1:
            check_constraints(model)
        if self._local_statistics or self.size == 1:
            return
        for layer in moving_layers(leaf_layers(model.layers), model.frozen_layers):
            raise ValueError(
                f"{layer.name} normalises by the statistics of a batch, of which each rank sees a part: allow that by "
                "mpi(local_statistics=True), use LayerNormalization, or freeze it"
            )


def _checksum(model: CompiledModel) -> int:
    found = 0
    for layer in leaf_layers(model.layers):
        for array in layer.arrays.values():
            found = zlib.crc32(np.ascontiguousarray(array).tobytes(), found)
    return found
