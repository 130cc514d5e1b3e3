"""Checks of the arguments of ``fit``, above all those about validation."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.checking.scalars import whole_number
from fastnn.data.names import Names
from fastnn.data.out_of_core.file_data import FileData
from fastnn.models.batches import BATCH_SIZE, batches_of, gives_batches
from fastnn.models.compiled import CompiledModel
from fastnn.models.evaluation import BatchEvaluation, Evaluation
from fastnn.models.file_evaluation import FileEvaluation
from fastnn.models.inputs import Samples, read_inputs
from fastnn.models.several import count_rows, each, take_rows
from fastnn.models.targets import read_targets, read_weights
from fastnn.optimizers.lbfgs import LBFGS
from fastnn_ext.engine.compressed import CompressedRows

__all__ = ["kept_for_validation", "refuse_for_batches", "validates_after", "validation_frequency", "validation_of"]


def refuse_for_batches(
    model: CompiledModel, validation_split: float, class_weight: object, sample_weight: object
) -> None:
    if isinstance(model.optimizer, LBFGS):
        raise ValueError("LBFGS looks at all samples in every step: pass arrays, or choose another optimizer")
    if validation_split:
        raise ValueError("validation_split is for arrays: pass validation_data with batches from an iterable")
    if class_weight is not None or sample_weight is not None:
        raise ValueError("with batches from an iterable, weights come with each batch: (x, y, sample_weight)")


def kept_for_validation(split: float, samples: int, inputs: Any) -> int:
    """The number of samples that the split keeps for validation: at least one, and at least one stays for training."""
    if isinstance(split, bool) or not isinstance(split, int | float):
        raise TypeError(f"validation_split must be a number, but it is {split!r}")
    if not 0 <= split < 1:
        raise ValueError(f"validation_split must be at least 0 and below 1, but it is {split}")
    if split == 0:
        return 0
    if any(isinstance(one, CompressedRows) for one in each(inputs)):
        raise ValueError("validation_split is for arrays: split a sparse matrix first, and pass validation_data")
    kept = samples - int(samples * (1 - split))
    if kept in (0, samples):
        raise ValueError(
            f"validation_split={split} of {samples} samples leaves {samples - kept} to train on and {kept} to validate "
            "with: at least one of each is needed"
        )
    return kept


def validation_frequency(value: Any) -> int | list[int]:
    """``validation_freq``: a number of epochs, or the numbers of those after which to validate, counted from 1."""
    if isinstance(value, list | tuple | set | frozenset | range) or (isinstance(value, np.ndarray) and value.ndim):
        return sorted(whole_number(number, "validation_freq[...]", at_least=1) for number in value)
    return whole_number(value, "validation_freq", at_least=1)


def validates_after(epoch: int, frequency: int | list[int]) -> bool:
    """Whether an epoch, counted from 0, ends with a validation; the epoch at which training began does not matter.

    >>> [epoch for epoch in range(6) if validates_after(epoch, 2)]
    [1, 3, 5]
    """
    return epoch + 1 in frequency if isinstance(frequency, list) else (epoch + 1) % frequency == 0


def validation_of(
    model: CompiledModel, data: Any, batch_size: int | None, steps: int | None, names: Names | None
) -> Evaluation | BatchEvaluation | FileEvaluation | None:
    """The evaluation of ``validation_data``: (x, y), (x, y, sample_weight), rows in files, or an iterable of batches.

    Parameters
    ----------
    batch_size : int, optional
        Of arrays and samples; by default 32.
    steps : int, optional
        Batches of each validation, the first ones of arrays.
    """
    if isinstance(data, FileData):
        if steps is not None:
            raise ValueError("validation_steps is for validation_data that gives batches: files are gone through whole")
        return FileEvaluation(model, data, batch_size or BATCH_SIZE, names)
    if not isinstance(data, tuple | list) and gives_batches(data):
        if steps is None and hasattr(data, "__next__"):
            raise ValueError(
                f"validation_data is a {type(data).__name__}, which is gone through once: pass validation_steps, or "
                "what begins anew for each validation"
            )
        batches = batches_of(
            data,
            "validation_data",
            batch_size=batch_size,
            shuffle=False,
            rng=None,
            steps=steps,
            argument="validation_steps",
        )
        return BatchEvaluation(model, batches, steps, "validation_data")
    if data is None:
        if steps is not None:
            raise ValueError("validation_steps is for validation_data: pass it, or leave validation_steps out")
        return None
    if not isinstance(data, tuple | list) or len(data) not in (2, 3):
        raise TypeError(
            "validation_data must be (x, y) or (x, y, sample_weight), or what gives batches of these, but it is a "
            f"{type(data).__name__}{f' of {len(data)}' if isinstance(data, tuple | list) else ''}"
        )
    inputs = read_inputs(model, data[0], "the validation x", names=names)
    samples = count_rows(inputs)
    if samples == 0:
        raise ValueError("validation_data must hold at least one sample, but it holds none")
    targets = read_targets(model, data[1], "the validation y", samples)
    weights = read_weights(model, data[2], "the validation weights", samples) if len(data) == 3 else None
    if steps is not None:
        rows = slice(steps * (batch_size or BATCH_SIZE))
        inputs, targets, weights = take_rows(inputs, rows), take_rows(targets, rows), take_rows(weights, rows)
    # Before the first step: after it, the weights would no longer be those of before.
    return Evaluation(model, Samples(inputs, targets, weights), batch_size or BATCH_SIZE).check()
