"""The loss binary_crossentropy as a metric."""

from fastnn.losses.base import Loss
from fastnn.losses.kinds.binary_crossentropy import BinaryCrossentropy as BinaryCrossentropyLoss
from fastnn.metrics.objects.of_outputs import CalledLossMetric

__all__ = ["BinaryCrossentropy"]


class BinaryCrossentropy(CalledLossMetric):
    """The mean of the binary cross-entropy over samples and outputs, each a decision of its own.

    Parameters
    ----------
    name : str, default "binary_crossentropy"
    from_logits : bool, default False
        The outputs are those before the sigmoid.
    label_smoothing : float, default 0
        In [0, 1]; as in the loss of this name.

    Examples
    --------
    >>> round(BinaryCrossentropy()([[1.0]], [[0.5]]), 6)
    0.693147
    """

    aliases = ()

    def __init__(
        self, name: str = "binary_crossentropy", *, from_logits: bool = False, label_smoothing: float = 0.0
    ) -> None:
        super().__init__(name)
        self.from_logits, self.label_smoothing = from_logits, label_smoothing
        self.loss()  # which checks both

    def loss(self) -> Loss:
        return BinaryCrossentropyLoss(self.from_logits, self.label_smoothing, reduction="mean_with_sample_weight")
