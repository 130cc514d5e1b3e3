"""The categorical cross-entropy of class numbers: ``-log(y_pred[class] / sum(y_pred))``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.losses.base import Example
from fastnn.losses.crossentropy import CrossentropyOfClasses
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["SparseCategoricalCrossentropy"]


class SparseCategoricalCrossentropy(CrossentropyOfClasses):
    """`CategoricalCrossentropy` for class numbers, shape (samples,) or (samples, 1): whole numbers from 0 up.

    Parameters
    ----------
    from_logits : bool, default False
        The outputs are those before the softmax.
    reduction
        As in `Loss`.

    Examples
    --------
    >>> SparseCategoricalCrossentropy().targets(np.array([2, 0]), 3)
    array([[2],
           [0]], dtype=int32)
    """

    name = "sparse_categorical_crossentropy"
    engine = EngineLoss.CROSS_ENTROPY
    aliases = ()
    summed = True
    keras = "SparseCategoricalCrossentropy"
    torch = "CrossEntropyLoss"
    takes = "class numbers from 0 up, (samples,) or (samples, 1)"
    last_layer = "softmax"

    def __init__(self, from_logits: bool = False, *, reduction: str | None = "sum_over_batch_size") -> None:
        super().__init__(from_logits, reduction=reduction)

    def configuration(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "label_smoothing"}

    def targets(self, y: NDArray[Any], outputs: int) -> NDArray[Any]:
        if outputs < 2:
            raise ValueError(
                f"the loss {self.name} needs an output for each class, but the model has {outputs}: give the last "
                "layer as many units as there are classes, or take binary_crossentropy"
            )
        if not (y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1)):
            raise ValueError(self.misfit(y, outputs))
        numbers = y.reshape(-1, 1)
        if numbers.dtype.kind == "f":
            whole = np.isfinite(numbers) & (numbers == np.trunc(numbers))
            if not whole.all():
                raise ValueError(f"the loss {self.name} takes class numbers, but y holds {numbers[~whole][0]}")
        if numbers.size and not (numbers.min() >= 0 and numbers.max() < outputs):
            wrong = numbers.max() if numbers.max() >= outputs else numbers.min()
            raise ValueError(
                f"the loss {self.name} takes class numbers from 0 to {outputs - 1} for a model of {outputs} outputs, "
                f"but y holds {wrong:g}"
            )
        return np.ascontiguousarray(numbers, dtype=np.int32)

    def check_range(self, y: NDArray[Any]) -> None:
        """Nothing: `targets` has looked at each class number."""

    def misfit(self, y: NDArray[Any], outputs: int) -> str:
        hint = ": for one-hot rows take categorical_crossentropy" if y.ndim == 2 else ""
        return f"the loss {self.name} takes class numbers of shape (samples,), but y has shape {y.shape}{hint}"

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        return rng.integers(outputs, size=samples), rng.dirichlet(np.full(outputs, 5.0), size=samples)

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        return self._formula(_one_hot(y_true, y_pred), y_pred)

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        return self._derivative(_one_hot(y_true, y_pred), y_pred)


def _one_hot(numbers: Any, y_pred: Any) -> Any:
    return np.eye(y_pred.shape[1])[np.reshape(numbers, -1)]
