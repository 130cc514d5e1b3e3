"""The function behind ``evaluate``: arrays, batches from an iterable, or rows in files."""

from __future__ import annotations

from typing import Any

from fastnn.callbacks.base import CallbackList
from fastnn.checking.scalars import whole_number, whole_number_or_none
from fastnn.data.out_of_core.file_data import FileData
from fastnn.models.batches import batches_of, check_kind, gives_batches
from fastnn.models.compiled import CompiledModel
from fastnn.models.evaluation import BatchEvaluation, Evaluation
from fastnn.models.file_evaluation import FileEvaluation
from fastnn.models.file_rows import refuse_beside_files
from fastnn.models.inputs import read_samples
from fastnn.models.several import is_named

__all__ = ["evaluate"]


def evaluate(
    model: CompiledModel,
    x: Any,
    y: Any,
    batch_size: int | None,
    sample_weight: Any,
    steps: int | None,
    watchers: CallbackList | None = None,
) -> dict[str, float]:
    """Loss and metrics of a user's data, by name."""
    model.needs_compile()
    if steps is not None:
        steps = whole_number(steps, "steps", at_least=1)
    if isinstance(x, FileData):
        refuse_beside_files(y=y, sample_weight=sample_weight, steps=steps)
        batch_size = whole_number_or_none(batch_size, "batch_size", at_least=1)
        return FileEvaluation(model, x, batch_size).run(watchers=watchers)
    if y is None and gives_batches(x):
        if sample_weight is not None:
            raise ValueError("with batches from an iterable, weights come with each batch: (x, y, sample_weight)")
        batches = batches_of(x, "x", batch_size=batch_size, shuffle=False, rng=None, steps=steps, argument="steps")
        return BatchEvaluation(model, batches, steps, "x").run(watchers=watchers)
    if steps is not None:
        raise ValueError("steps is for batches from an iterable: arrays are evaluated whole")
    if y is None and not is_named(x, model.input_names, model.names_ends):
        check_kind(x, "x")
    return Evaluation(model, read_samples(model, x, y, sample_weight), batch_size).run(watchers=watchers)
