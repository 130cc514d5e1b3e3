"""The categorical focal cross-entropy: a cross-entropy that counts less where the class is easy (Lin et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.checking.scalars import non_negative_number
from fastnn.losses.base import TINY, Example
from fastnn.losses.crossentropy import CrossentropyOfClasses
from fastnn.registry import Without
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["CategoricalFocalCrossentropy"]


class CategoricalFocalCrossentropy(CrossentropyOfClasses):
    """``-sum(alpha * (1 - p)**gamma * y_true * log(p))`` with ``p = y_pred / sum(y_pred)`` (Lin et al. 2017).

    Probabilities are kept 1e-7 from 0 and 1, as in Keras; from logits their logarithms are exact, of any size.

    Parameters
    ----------
    alpha : float or sequence of float, default 0.25
        The weight of all classes, or one for each; not negative.
    gamma : float, default 2
        At least 0, where 0 makes it `alpha` times the cross-entropy.
    from_logits : bool, default False
        The outputs are those before the softmax.
    label_smoothing : float, default 0
        In [0, 1]: the share of each target that all classes get in equal parts.
    reduction
        As in `Loss`.

    Examples
    --------
    >>> CategoricalFocalCrossentropy([0.2, 0.3, 0.5]).alpha
    (0.2, 0.3, 0.5)
    """

    name = "categorical_focal_crossentropy"
    engine = EngineLoss.CATEGORICAL_FOCAL_CROSS_ENTROPY
    aliases = ()
    summed = True
    keras = "CategoricalFocalCrossentropy"
    torch = Without("PyTorch has none")
    takes = "one-hot rows or probabilities, (samples, classes)"
    last_layer = "softmax"
    meaning = "one-hot rows or probabilities, from 0 to 1"

    alpha: float | tuple[float, ...]

    def __init__(
        self,
        alpha: float | Sequence[float] = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        *,
        reduction: str | None = "sum_over_batch_size",
    ) -> None:
        super().__init__(from_logits, label_smoothing, reduction=reduction)
        if isinstance(alpha, Sequence | np.ndarray) and not isinstance(alpha, str):
            self.alpha = tuple(non_negative_number(weight, "each number of alpha") for weight in alpha)
        else:
            self.alpha = non_negative_number(alpha, "alpha")
        self.gamma = non_negative_number(gamma, "gamma")

    def options(self) -> dict[str, Any]:
        # The row of the engine's table takes its logits itself.
        numbers = (self.gamma, self.from_logits, *np.atleast_1d(self.alpha))
        return {"loss_numbers": numbers, "label_smoothing": self.label_smoothing}

    def targets(self, y: Any, outputs: Any) -> Any:
        if isinstance(self.alpha, tuple) and len(self.alpha) != outputs:
            raise ValueError(
                f"alpha of the loss {self.name} must be a number, or one for each class: it has {len(self.alpha)}, but "
                f"the model has {outputs} outputs"
            )
        return super().targets(y, outputs)

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        y_true = np.eye(outputs)[rng.integers(outputs, size=samples)]
        return y_true, rng.dirichlet(np.full(outputs, 5.0), size=samples)

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        p, log_p = self._probabilities(y_pred)
        return -np.asarray(self.alpha) * (1 - p) ** self.gamma * self._smoothed(y_true) * log_p

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        p, log_p = self._probabilities(y_pred)
        # p times the slope in p, and then by way of the shares.
        easier = self.gamma * (1 - p) ** (self.gamma - 1) * p * log_p if self.gamma else 0.0
        slopes = np.asarray(self.alpha) * self._smoothed(y_true) * (easier - (1 - p) ** self.gamma)
        inner = slopes.sum(axis=1, keepdims=True)
        if self.from_logits:
            return slopes - p * inner
        return (slopes / p - inner) / y_pred.sum(axis=1, keepdims=True)

    def _probabilities(self, y_pred: Any) -> Any:
        """They and their logarithms."""
        if self.from_logits:
            log_p = y_pred - np.logaddexp.reduce(y_pred, axis=1, keepdims=True)
            return np.exp(log_p), log_p
        p = np.clip(self._shares(y_pred), TINY, 1 - TINY)
        return p, np.log(p)
