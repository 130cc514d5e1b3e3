"""What cross-entropies share. Behind a softmax or sigmoid they come from its inputs, exact for logits of any size."""

from typing import Any

import numpy as np

from fastnn.activations.registry import ACTIVATIONS
from fastnn.checking.scalars import non_negative_number, true_or_false
from fastnn.losses.base import TINY, Loss

__all__ = ["Crossentropy", "CrossentropyOfClasses"]


class Crossentropy(Loss):
    """A loss of probabilities, or of what is before them; use a subclass."""

    low, high = 0.0, 1.0

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        *,
        reduction: str | None = "sum_over_batch_size",
    ) -> None:
        super().__init__(reduction)
        self.from_logits = true_or_false(from_logits, "from_logits")
        self.label_smoothing = non_negative_number(label_smoothing, "label_smoothing")
        if self.label_smoothing > 1:
            raise ValueError(f"label_smoothing must be from 0 to 1, but it is {label_smoothing}")

    def options(self) -> dict[str, Any]:
        return {"from_logits": self.from_logits, "label_smoothing": self.label_smoothing}

    def of_any_outputs(self, y_true: Any, y_pred: Any) -> Any:
        return self.formula(y_true, y_pred if self.from_logits else np.clip(y_pred, TINY, 1 - TINY))


class CrossentropyOfClasses(Crossentropy):
    """One whose outputs are shares of a whole; use a subclass."""

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

    def of_any_outputs(self, y_true: Any, y_pred: Any) -> Any:
        if not self.from_logits:
            total = y_pred.sum(axis=1)
            if (y_pred < 0).any() or not total.all():
                row = int(np.flatnonzero((y_pred < 0).any(axis=1) | (total == 0))[0])
                raise ValueError(
                    f"the loss {self.name} takes shares of classes, not all 0 and none negative, but row {row} of "
                    f"y_pred is {np.array2string(y_pred[row], threshold=8)}: for logits pass "
                    f"{type(self).__name__}(from_logits=True)"
                )
            y_pred = self._shares(y_pred)
        return super().of_any_outputs(y_true, y_pred)

    def _smoothed(self, one_hot: Any) -> Any:
        return one_hot * (1 - self.label_smoothing) + self.label_smoothing / one_hot.shape[1]

    def _formula(self, one_hot: Any, y_pred: Any) -> Any:
        return -self._smoothed(one_hot) * np.log(self._shares(y_pred))

    def _derivative(self, one_hot: Any, y_pred: Any) -> Any:
        targets = self._smoothed(one_hot)
        total = targets.sum(axis=1, keepdims=True)
        if self.from_logits:
            return total * self._shares(y_pred) - targets
        return total / y_pred.sum(axis=1, keepdims=True) - targets / y_pred

    def _shares(self, y_pred: Any) -> Any:
        if self.from_logits:
            y_pred = np.exp(y_pred - y_pred.max(axis=1, keepdims=True))
        return y_pred / y_pred.sum(axis=1, keepdims=True)
