"""The categorical cross-entropy: ``-y_true * log(y_pred / sum(y_pred))``, summed over classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.losses.base import Example
from fastnn.losses.crossentropy import CrossentropyOfClasses
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["CategoricalCrossentropy"]


class CategoricalCrossentropy(CrossentropyOfClasses):
    """``-sum(y_true * log(p))`` with ``p = y_pred / sum(y_pred)``, for one-hot rows, or rows of probabilities.

    Outputs that do not sum to 1, such as those of sigmoids, are divided by their sum, as in Keras. A softmax and this
    loss are one step, exact for logits of any size.

    Parameters
    ----------
    from_logits : bool, default False
        The outputs are those before the softmax.
    label_smoothing : float, default 0
        In [0, 1]: the share of each target that all classes get in equal parts (Szegedy et al. 2016).
    reduction
        As in `Loss`.

    Examples
    --------
    >>> CategoricalCrossentropy().targets(np.eye(3)[[0, 2]], 3).shape
    (2, 3)
    """

    name = "categorical_crossentropy"
    engine = EngineLoss.CROSS_ENTROPY
    aliases = ()
    summed = True
    keras = "CategoricalCrossentropy"
    torch = "CrossEntropyLoss"
    takes = "one-hot rows or probabilities, (samples, classes)"
    last_layer = "softmax"
    meaning = "one-hot rows or probabilities, from 0 to 1"

    def misfit(self, y: NDArray[Any], outputs: int) -> str:
        hint = ""
        if y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1):
            hint = ": for class numbers take sparse_categorical_crossentropy, or make rows by fastnn.to_categorical"
        return super().misfit(y, outputs) + hint

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        y_true = np.eye(outputs)[rng.integers(outputs, size=samples)]
        return y_true, rng.dirichlet(np.full(outputs, 5.0), size=samples)

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        return self._formula(y_true, y_pred)

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        return self._derivative(y_true, y_pred)
