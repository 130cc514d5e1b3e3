"""Keys of ``class_weight``: each must be a class that the targets of a model can name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.losses.kinds.categorical_crossentropy import CategoricalCrossentropy
from fastnn.losses.kinds.kl_divergence import KLDivergence
from fastnn.models.compiled import CompiledModel

__all__ = ["check_classes"]


def check_classes(model: CompiledModel, numbers: Iterable[int], targets: NDArray[Any]) -> None:
    """Raise ValueError if targets do not name classes, or if a number is not that of a class.

    Parameters
    ----------
    numbers : iterable of int
        The keys of ``class_weight``.
    targets : ndarray, shape (samples, outputs), or (samples, 1) of class numbers
        As the loss takes them.
    """
    _, loss = model.needs_compile()
    outputs = model.needs_plan().output_size
    if outputs == 1:
        allowed = _of_one_output(targets, may_be_negative=loss.low < 0)
    else:
        # Rows of probabilities have a class each, the likeliest; other rows only where they name one.
        if targets.shape[1] > 1 and not isinstance(loss, CategoricalCrossentropy | KLDivergence):
            _check_one_class_each(targets)
        allowed = list(range(outputs))
    for number in numbers:
        if number not in allowed:
            shown = f"0 to {outputs - 1}" if outputs > 1 else ", ".join(map(str, allowed))
            raise ValueError(f"class_weight has the key {number}, but classes are {shown}")


def _of_one_output(targets: NDArray[Any], *, may_be_negative: bool) -> list[int]:
    found = [number for number in (-1, 0, 1) if (targets == number).any()]
    others = targets[~np.isin(targets, (-1, 0, 1))]
    if others.size:
        raise ValueError(
            f"class_weight is for classes, and those of one output are 0 and 1, or -1 and 1, but y holds {others[0]:g}"
            ": weigh such targets by sample_weight"
        )
    if not may_be_negative:
        return [0, 1]
    # A batch may lack one of the two.
    return sorted({*found, 1} if -1 in found else {*found, 0, 1} if 0 in found else {-1, 0, 1})


def _check_one_class_each(targets: NDArray[Any]) -> None:
    ones = targets == 1
    wrong = np.flatnonzero((ones.sum(axis=1) != 1) | ~(ones | (targets == 0) | (targets == -1)).all(axis=1))
    if wrong.size:
        raise ValueError(
            f"class_weight is for targets that name one class each, but sample {wrong[0]} of y is "
            f"{np.array2string(targets[wrong[0]], threshold=8)}: weigh such targets by sample_weight"
        )
