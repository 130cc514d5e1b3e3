"""Where a fit takes place: in one process, or, by what `fastnn.distributed` puts in its place, in several."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

from fastnn.callbacks.base import CallbackList
from fastnn.callbacks.model import ModelInTraining
from fastnn.data.out_of_core.file_data import FileData
from fastnn.models.batches import Batches
from fastnn.models.compiled import CompiledModel
from fastnn.models.evaluation import BatchEvaluation, Evaluation
from fastnn.models.file_evaluation import FileEvaluation
from fastnn.models.file_source import FileSource
from fastnn.models.inputs import Samples
from fastnn.models.objective import Objective
from fastnn.models.sources import ArrayOptions, ArraySource, BatchSource, Source

__all__ = ["Strategy", "strategy_of"]


class Strategy:
    """All that `fit` leaves open so that several processes may share it; this one leaves all of it to one process."""

    def together(self) -> contextlib.AbstractContextManager[object]:
        """Around all of a fit."""
        return contextlib.nullcontext()

    def watchers(self, callbacks: Iterable[Any] | None, model: ModelInTraining) -> CallbackList:
        """The callbacks of this process."""
        return CallbackList(callbacks, model)

    def verbosity(self, verbosity: int) -> int:
        """What this process shows."""
        return verbosity

    def begin(
        self, model: CompiledModel, data: Samples | FileData | None, initial_epoch: int, settings: dict[str, Any]
    ) -> int:
        """Make all processes begin with the same model; return the first epoch.

        Parameters
        ----------
        data : Samples, FileData or None
            This process' own; None where they come in batches.
        settings : dict
            What must be the same in all of them, by what messages call it.
        """
        return initial_epoch

    def array_source(self, model: CompiledModel, data: Samples, options: ArrayOptions) -> Source:
        """See `ArraySource`."""
        return ArraySource(model, data, options)

    def batch_source(self, model: CompiledModel, batches: Batches, steps: int | None, augmentation: Any) -> Source:
        """See `BatchSource`."""
        return BatchSource(model, batches, steps, augmentation)

    def file_source(self, model: CompiledModel, data: FileData, options: ArrayOptions) -> Source:
        """See `FileSource`."""
        return FileSource(model, data, options)

    def objective(self, model: CompiledModel, samples: Samples) -> Objective:
        """See `Objective`."""
        return Objective(model, samples)

    def evaluation(self, evaluation: Evaluation | BatchEvaluation | FileEvaluation) -> Any:
        """What evaluates these data, with the method `run` of what is given."""
        return evaluation

    def stops(self, model: CompiledModel) -> bool:
        """Whether training ends after this epoch, of which all callbacks have been told."""
        return model.stop_training


def strategy_of(distributed: Any) -> Strategy:
    """What ``fit(distributed=...)`` means.

    Raises
    ------
    TypeError
        For anything else than None and what `fastnn.distributed.mpi` returns.
    """
    if distributed is None:
        return Strategy()
    if not isinstance(distributed, Strategy):
        hint = ": call it, mpi()" if callable(distributed) else ""
        raise TypeError(f"distributed must be what fastnn.distributed.mpi() returns, but it is {distributed!r}{hint}")
    return distributed
