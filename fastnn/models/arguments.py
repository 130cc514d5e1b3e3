"""Arguments of a fit: what each may be, and messages for what it may not be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.data.names import Names
from fastnn.models.evaluation import Evaluation
from fastnn.models.inputs import Samples, read_inputs, read_targets, read_weights
from fastnn.optimizers.lbfgs import LBFGS
from fastnn_ext.compressed import CompressedRows

if TYPE_CHECKING:
    from fastnn.models.sequential import Sequential

__all__ = ["gives_batches", "kept_for_validation", "refuse_for_batches", "validation_of"]


def gives_batches(x: Any, y: Any) -> bool:
    """Whether x is an iterable of batches, and no array or what becomes one."""
    if y is not None or isinstance(x, np.ndarray | list | CompressedRows | str):
        return False
    array_like = hasattr(x, "__array__") or hasattr(x, "__dlpack__") or hasattr(x, "tocsr") or hasattr(x, "to_numpy")
    return (hasattr(x, "__iter__") and not array_like) or hasattr(x, "__next__")


def refuse_for_batches(model: Sequential, validation_split: float, class_weight: object, sample_weight: object) -> None:
    if isinstance(model.optimizer, LBFGS):
        raise ValueError("LBFGS looks at all samples in every step: pass arrays, or choose another optimizer")
    if validation_split:
        raise ValueError("validation_split is for arrays: pass validation_data with batches from an iterable")
    if class_weight is not None or sample_weight is not None:
        raise ValueError("with batches from an iterable, weights come with each batch: (x, y, sample_weight)")


def kept_for_validation(split: float, samples: int, inputs: Any) -> int:
    """How many samples the split keeps; it leaves and keeps one at least."""
    if isinstance(split, bool) or not isinstance(split, int | float):
        raise TypeError(f"validation_split must be a number, but it is {split!r}")
    if not 0 <= split < 1:
        raise ValueError(f"validation_split must be at least 0 and below 1, but it is {split}")
    if split == 0:
        return 0
    if isinstance(inputs, CompressedRows):
        raise ValueError("validation_split is for arrays: split a sparse matrix first, and pass validation_data")
    kept = samples - int(samples * (1 - split))
    if kept in (0, samples):
        raise ValueError(
            f"validation_split={split} of {samples} samples leaves {samples - kept} to train on and {kept} to validate "
            "with: at least one of each is needed"
        )
    return kept


def validation_of(model: Sequential, data: Any, batch_size: int, names: Names | None) -> Evaluation | None:
    if data is None:
        return None
    if not isinstance(data, tuple | list) or len(data) not in (2, 3):
        raise TypeError(
            f"validation_data must be (x, y) or (x, y, sample_weight), but it is a {type(data).__name__}"
            f"{f' of {len(data)}' if isinstance(data, tuple | list) else ''}"
        )
    inputs = read_inputs(model, data[0], "the validation x", names=names)
    if inputs.shape[0] == 0:
        raise ValueError("validation_data must hold at least one sample, but it holds none")
    targets = read_targets(model, data[1], "the validation y", inputs.shape[0])
    weights = read_weights(data[2], "the validation weights", inputs.shape[0]) if len(data) == 3 else None
    # Before the first step: after it, the weights would no longer be those of before.
    return Evaluation(model, Samples(inputs, targets, weights), batch_size).check()
