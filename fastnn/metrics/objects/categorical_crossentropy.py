"""The loss categorical_crossentropy as a metric."""

from typing import Any

from numpy.typing import ArrayLike, NDArray

from fastnn.losses.base import Loss
from fastnn.losses.kinds.categorical_crossentropy import CategoricalCrossentropy as CategoricalCrossentropyLoss
from fastnn.metrics.base import read_rows
from fastnn.metrics.objects.of_outputs import CalledLossMetric

__all__ = ["CategoricalCrossentropy"]


class CategoricalCrossentropy(CalledLossMetric):
    """The mean of the cross-entropy of classes, for one-hot rows or class numbers, which are told apart by their shape.

    Parameters
    ----------
    name : str, default "categorical_crossentropy"
    from_logits : bool, default False
        The outputs are those before the softmax.
    label_smoothing : float, default 0
        In [0, 1]; as in the loss of this name.

    Examples
    --------
    >>> round(CategoricalCrossentropy()([[0, 1]], [[0.5, 0.5]]), 6)
    0.693147
    """

    aliases = ()

    def __init__(
        self, name: str = "categorical_crossentropy", *, from_logits: bool = False, label_smoothing: float = 0.0
    ) -> None:
        super().__init__(name)
        self.from_logits, self.label_smoothing = from_logits, label_smoothing
        self.loss()  # which checks both

    @property
    def least_outputs(self) -> int:
        return 2

    def loss(self) -> Loss:
        return CategoricalCrossentropyLoss(self.from_logits, self.label_smoothing, reduction="mean_with_sample_weight")

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        if y_true.shape[1] == outputs:
            super().check_truth(y_true, outputs)

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return super().compute(*read_rows(y_true, y_pred), sample_weight)
