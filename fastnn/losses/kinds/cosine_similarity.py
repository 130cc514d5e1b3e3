"""The cosine similarity of rows, with the sign turned round: -1 where outputs point where targets do."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.losses.base import TINY, Example, Loss
from fastnn.registry import Without
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["CosineSimilarity"]


class CosineSimilarity(Loss):
    """``-sum(y_true * y_pred) / (norm(y_true) * norm(y_pred))`` of each sample, from -1, the same direction, to 1.

    Norms are at least 1e-7, as in Keras, so that rows of zeros have a similarity of 0.

    Parameters
    ----------
    axis : int, default -1
        The outputs of a sample: -1, or 1, which is the same.
    reduction
        As in `Loss`.

    Examples
    --------
    >>> CosineSimilarity().name
    'cosine_similarity'
    """

    name = "cosine_similarity"
    engine = EngineLoss.COSINE_SIMILARITY
    aliases = ()
    summed = True
    keras = "CosineSimilarity"
    torch = Without("PyTorch's CosineSimilarity is no loss: it has the other sign")
    takes = "numbers, (samples, outputs)"
    last_layer = "linear"

    def __init__(self, axis: int = -1, *, reduction: str | None = "sum_over_batch_size") -> None:
        super().__init__(reduction)
        if axis not in (-1, 1):
            raise ValueError(f"axis must be -1 or 1, the outputs of a sample, but it is {axis!r}")
        self.axis = axis

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        return rng.normal(size=(samples, outputs)), rng.normal(size=(samples, outputs))

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        return -_direction(y_true) * _direction(y_pred)

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        truth, direction = _direction(y_true), _direction(y_pred)
        similarity = (truth * direction).sum(axis=1, keepdims=True)
        return (direction * similarity - truth) / _norm(y_pred)


def _norm(rows: Any) -> Any:
    return np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), TINY)


def _direction(rows: Any) -> Any:
    return rows / _norm(rows)
