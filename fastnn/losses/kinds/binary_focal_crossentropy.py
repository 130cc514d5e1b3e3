"""The binary focal cross-entropy: a cross-entropy that counts less where the decision is easy (Lin et al. 2017)."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.checking.scalars import non_negative_number, true_or_false
from fastnn.losses.base import TINY, Example
from fastnn.losses.crossentropy import Crossentropy
from fastnn.registry import Without
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["BinaryFocalCrossentropy"]


class BinaryFocalCrossentropy(Crossentropy):
    """``(1 - q)**gamma`` times the binary cross-entropy, where q is the probability of what is true (Lin et al. 2017).

    Probabilities are kept 1e-7 from 0 and 1 in logarithms, as in Keras; from logits the loss is exact, of any size.

    Parameters
    ----------
    apply_class_balancing : bool, default False
        Weigh class 1 by `alpha`, class 0 by ``1 - alpha``.
    alpha : float, default 0.25
        In [0, 1].
    gamma : float, default 2
        At least 0, where 0 makes it the cross-entropy.
    from_logits : bool, default False
        The outputs are those before the sigmoid.
    label_smoothing : float, default 0
        In [0, 1]: targets move towards a half by this share.
    reduction
        As in `Loss`.

    Examples
    --------
    >>> BinaryFocalCrossentropy(gamma=3.0).gamma
    3.0
    """

    name = "binary_focal_crossentropy"
    engine = EngineLoss.BINARY_FOCAL_CROSS_ENTROPY
    aliases = ()
    summed = False
    keras = "BinaryFocalCrossentropy"
    torch = Without("PyTorch has none")
    takes = "from 0 to 1, a decision for each output"
    last_layer = "sigmoid"
    meaning = "targets from 0 to 1"

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        *,
        reduction: str | None = "sum_over_batch_size",
    ) -> None:
        super().__init__(from_logits, label_smoothing, reduction=reduction)
        self.apply_class_balancing = true_or_false(apply_class_balancing, "apply_class_balancing")
        self.alpha, self.gamma = non_negative_number(alpha, "alpha"), non_negative_number(gamma, "gamma")
        if self.alpha > 1:
            raise ValueError(f"alpha must be from 0 to 1, but it is {alpha}")

    def options(self) -> dict[str, Any]:
        # The row of the engine's table takes its logits itself.
        numbers = (self.gamma, self.from_logits, *self._weights())
        return {"loss_numbers": numbers, "label_smoothing": self.label_smoothing}

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        decisions = rng.integers(2, size=(samples, outputs)).astype(float)
        return decisions, rng.uniform(0.05, 0.95, size=(samples, outputs))

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        t, p, entropy = self._parts(y_true, y_pred)
        return self._weight(t) * (t + p - 2 * t * p) ** self.gamma * entropy

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        t, p, entropy = self._parts(y_true, y_pred)
        wrong = t + p - 2 * t * p
        easier = self.gamma * wrong ** (self.gamma - 1) * (1 - 2 * t) * entropy if self.gamma else 0.0
        if self.from_logits:
            return self._weight(t) * (wrong**self.gamma * (p - t) + easier * p * (1 - p))
        return self._weight(t) * (wrong**self.gamma * (p - t) / (p * (1 - p)) + easier)

    def _parts(self, y_true: Any, y_pred: Any) -> Any:
        """Smoothed targets, probabilities and the cross-entropy."""
        t = y_true * (1 - self.label_smoothing) + self.label_smoothing / 2
        if self.from_logits:
            return t, 1 / (1 + np.exp(-y_pred)), np.logaddexp(0, y_pred) - t * y_pred
        p = np.clip(y_pred, TINY, 1 - TINY)
        return t, p, -t * np.log(p) - (1 - t) * np.log(1 - p)

    def _weights(self) -> tuple[float, float]:
        """Of classes 1 and 0."""
        return (self.alpha, 1 - self.alpha) if self.apply_class_balancing else (1.0, 1.0)

    def _weight(self, t: Any) -> Any:
        one, zero = self._weights()
        return t * one + (1 - t) * zero
