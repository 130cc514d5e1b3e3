"""The expected calibration error, the mean distance of confidence from accuracy, as training computes it."""

from typing import Any, SupportsIndex

from numpy.typing import ArrayLike, NDArray

from fastnn.checking.scalars import whole_number
from fastnn.metrics.base import Metric, check_decisions
from fastnn.metrics.functions.expected_calibration_error import expected_calibration_error

__all__ = ["ExpectedCalibrationError"]


class ExpectedCalibrationError(Metric):
    """The mean distance of confidence from accuracy; see `fastnn.metrics.expected_calibration_error`.

    Parameters
    ----------
    n_bins : int, default 15
        Of equal width, at least 1.
    name : str, default "expected_calibration_error"

    Examples
    --------
    >>> import numpy as np
    >>> ExpectedCalibrationError()(np.array([[1], [1], [0], [1]]), np.array([[0.75], [0.75], [0.75], [0.75]]))
    0.0
    """

    aliases = ()
    larger_is_better = False
    n_bins: int

    def __init__(self, n_bins: SupportsIndex = 15, name: str = "expected_calibration_error") -> None:
        super().__init__(name)
        self.n_bins = whole_number(n_bins, "n_bins", at_least=1)

    def check_truth(self, y_true: NDArray[Any], outputs: int) -> None:
        if y_true.shape[1] == outputs:
            check_decisions(self.name, y_true)

    def compute(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return expected_calibration_error(y_true, y_pred, self.n_bins, sample_weight=sample_weight)
