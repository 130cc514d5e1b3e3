"""The cosine of the angle between true and predicted rows, averaged."""

from numpy.typing import ArrayLike

from fastnn.metrics.objects.of_losses import LossMetric
from fastnn_ext.tables.enums import Loss

__all__ = ["CosineSimilarity"]


class CosineSimilarity(LossMetric):
    """The mean over samples of ``sum(y_true * y_pred) / (norm(y_true) * norm(y_pred))``: 1 for the same direction.

    It is the loss of this name with the other sign, as in Keras.

    Examples
    --------
    >>> import numpy as np
    >>> CosineSimilarity()(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[2.0, 0.0], [3.0, 0.0]]))
    0.5
    """

    aliases = ()
    larger_is_better = True
    engine = Loss.COSINE_SIMILARITY

    def __init__(self, name: str = "cosine_similarity") -> None:
        super().__init__(name)

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return 0.0 - super().compute(y_true, y_pred, sample_weight)
