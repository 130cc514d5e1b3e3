"""Losses of probabilities. Behind a softmax or sigmoid they come from its inputs, exact for logits of any size."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.activations.registry import ACTIVATIONS
from fastnn.losses.base import Loss
from fastnn.scalars import non_negative_number, true_or_false
from fastnn_ext.losses import Loss as EngineLoss

__all__ = ["KLDivergence", "BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy"]


class KLDivergence(Loss):
    """``sum(y_true * log(y_true / y_pred))``, with both kept between 1e-7 and 1, as in Keras.

    Examples
    --------
    >>> KLDivergence().name
    'kl_divergence'
    """

    name = "kl_divergence"
    engine = EngineLoss.KL_DIVERGENCE
    low, high = 0.0, 1.0
    meaning = "probabilities, from 0 to 1"


class _Crossentropy(Loss):
    low, high = 0.0, 1.0

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0) -> None:
        self.from_logits = true_or_false(from_logits, "from_logits")
        self.label_smoothing = non_negative_number(label_smoothing, "label_smoothing")
        if self.label_smoothing > 1:
            raise ValueError(f"label_smoothing must be from 0 to 1, but it is {label_smoothing}")

    def options(self) -> dict[str, Any]:
        return {"from_logits": self.from_logits, "label_smoothing": self.label_smoothing}


class BinaryCrossentropy(_Crossentropy):
    """``-y log(p) - (1 - y) log(1 - p)`` of each output, a decision of its own.

    Parameters
    ----------
    from_logits : bool, default False
        The outputs are those before the sigmoid.
    label_smoothing : float, default 0
        In [0, 1]: targets move towards a half by this share.

    Examples
    --------
    >>> BinaryCrossentropy(from_logits=True).options()
    {'from_logits': True, 'label_smoothing': 0.0}
    """

    name = "binary_crossentropy"
    engine = EngineLoss.BINARY_CROSS_ENTROPY
    meaning = "targets from 0 to 1"


class _CategoricalCrossentropy(_Crossentropy):
    def options(self) -> dict[str, Any]:
        return super().options() | {"of_shares": True}

    def misfit_of_outputs(self, activation: str) -> str | None:
        kind = ACTIVATIONS.get(activation)
        # What may be negative is no share of a whole.
        if self.from_logits or kind is None or not kind.negative:
            return None
        return (
            f"the loss {self.name} takes probabilities of classes, but the outputs are those of the activation "
            f"{activation}, which may be negative: give the last layer activation='softmax', or pass "
            f"{type(self).__name__}(from_logits=True)"
        )


class CategoricalCrossentropy(_CategoricalCrossentropy):
    """``-sum(y_true * log(p))`` with ``p = y_pred / sum(y_pred)``, for one-hot rows, or rows of probabilities.

    Outputs that do not sum to 1, such as those of sigmoids, are divided by their sum, as in Keras. A softmax and this
    loss are one step, exact for logits of any size.

    Parameters
    ----------
    from_logits : bool, default False
        The outputs are those before the softmax.
    label_smoothing : float, default 0
        In [0, 1]: the share of each target that all classes get in equal parts (Szegedy et al. 2016).

    Examples
    --------
    >>> CategoricalCrossentropy().targets(np.eye(3)[[0, 2]], 3).shape
    (2, 3)
    """

    name = "categorical_crossentropy"
    engine = EngineLoss.CROSS_ENTROPY
    meaning = "one-hot rows or probabilities, from 0 to 1"

    def misfit(self, y: NDArray[Any], outputs: int) -> str:
        hint = ""
        if y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1):
            hint = ": for class numbers take sparse_categorical_crossentropy, or make rows by fastnn.to_categorical"
        return super().misfit(y, outputs) + hint


class SparseCategoricalCrossentropy(_CategoricalCrossentropy):
    """`CategoricalCrossentropy` for class numbers, shape (samples,) or (samples, 1): whole numbers from 0 up.

    Parameters
    ----------
    from_logits : bool, default False
        The outputs are those before the softmax.

    Examples
    --------
    >>> SparseCategoricalCrossentropy().targets(np.array([2, 0]), 3)
    array([[2],
           [0]], dtype=int32)
    """

    name = "sparse_categorical_crossentropy"
    engine = EngineLoss.CROSS_ENTROPY

    def __init__(self, from_logits: bool = False) -> None:
        super().__init__(from_logits)

    def configuration(self) -> dict[str, Any]:
        return {"from_logits": self.from_logits}

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
