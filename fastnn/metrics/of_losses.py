"""Losses that Keras has as metrics, too: computed by the loss' own kernel."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.metrics.base import Metric, check_shape, read_rows
from fastnn_ext.bindings.losses import mean_loss
from fastnn_ext.tables.enums import Loss

__all__ = [
    "CategoricalHinge",
    "CosineSimilarity",
    "LogCoshError",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "SquaredHinge",
]


class LossMetric(Metric):
    """The mean of a loss over samples; use a subclass."""

    larger_is_better = False
    engine: ClassVar[Loss]

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        check_shape(self.name, y_true, outputs)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        return mean_loss(y_true, y_pred, self.engine)


class MeanAbsolutePercentageError(LossMetric):
    """The mean of ``100 * abs(y_pred - y_true) / max(abs(y_true), 1e-7)`` over samples and outputs.

    Examples
    --------
    >>> MeanAbsolutePercentageError()(np.array([[1.0], [2.0]]), np.array([[1.0], [2.5]]))
    12.5
    """

    engine = Loss.MEAN_ABSOLUTE_PERCENTAGE_ERROR

    def __init__(self, name: str = "mean_absolute_percentage_error") -> None:
        super().__init__(name)


class MeanSquaredLogarithmicError(LossMetric):
    """The mean of ``(log(1 + y_pred) - log(1 + y_true))**2`` over samples and outputs, both at least 1e-7.

    Examples
    --------
    >>> round(MeanSquaredLogarithmicError()(np.array([[1.0], [0.0]]), np.array([[1.0], [1.0]])), 6)
    0.240226
    """

    engine = Loss.MEAN_SQUARED_LOGARITHMIC_ERROR

    def __init__(self, name: str = "mean_squared_logarithmic_error") -> None:
        super().__init__(name)


class LogCoshError(LossMetric):
    """The mean of ``log(cosh(y_pred - y_true))`` over samples and outputs.

    Examples
    --------
    >>> round(LogCoshError()(np.array([[1.0], [2.0]]), np.array([[1.0], [2.5]])), 6)
    0.060057
    """

    engine = Loss.LOG_COSH

    def __init__(self, name: str = "log_cosh_error") -> None:
        super().__init__(name)


class CosineSimilarity(LossMetric):
    """The mean over samples of ``sum(y_true * y_pred) / (norm(y_true) * norm(y_pred))``: 1 for the same direction.

    It is the loss of this name with the other sign, as in Keras.

    Examples
    --------
    >>> CosineSimilarity()(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[2.0, 0.0], [3.0, 0.0]]))
    0.5
    """

    larger_is_better = True
    engine = Loss.COSINE_SIMILARITY

    def __init__(self, name: str = "cosine_similarity") -> None:
        super().__init__(name)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        return 0.0 - super().__call__(y_true, y_pred)


class SquaredHinge(LossMetric):
    """The mean of ``max(0, 1 - y_true * y_pred)**2`` over samples and outputs, for classes -1 and 1, or 0 and 1.

    Examples
    --------
    >>> SquaredHinge()(np.array([[1.0], [-1.0]]), np.array([[0.5], [-2.0]]))
    0.125
    """

    engine = Loss.SQUARED_HINGE

    def __init__(self, name: str = "squared_hinge") -> None:
        super().__init__(name)

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        super().check_truth(y_true, outputs)
        self._check_classes(y_true)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        self._check_classes(np.asarray(y_true))
        return super().__call__(y_true, y_pred)

    def _check_classes(self, true: NDArray[Any]) -> None:
        for negative in (-1, 0):
            known = (true == 1) | (true == negative)
            if known.all():
                return
        raise ValueError(
            f"the metric {self.name} takes classes -1 and 1, or 0 and 1, but y_true holds "
            f"{true[~known][0]:g} beside them"
        )


class CategoricalHinge(LossMetric):
    """The mean over samples of ``max(0, 1 + max((1 - y_true) * y_pred) - sum(y_true * y_pred))``, for one-hot rows.

    Examples
    --------
    >>> CategoricalHinge()(np.array([[0, 1, 0]]), np.array([[0.5, 1.0, 0.25]]))
    0.5
    """

    engine = Loss.CATEGORICAL_HINGE

    def __init__(self, name: str = "categorical_hinge") -> None:
        super().__init__(name)

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        """Nothing: class numbers stand for one-hot rows."""

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        return super().__call__(*read_rows(y_true, y_pred))
