"""Losses of distances between outputs and targets."""

from typing import Any

from fastnn.losses.base import Loss
from fastnn.scalars import non_negative_number
from fastnn_ext.losses import Loss as EngineLoss

__all__ = ["MeanSquaredError", "MeanAbsoluteError", "Huber", "Quantile", "Poisson", "Hinge"]


class MeanSquaredError(Loss):
    """The mean of ``(y_pred - y_true)**2``.

    Examples
    --------
    >>> MeanSquaredError().name
    'mean_squared_error'
    """

    name = "mean_squared_error"
    engine = EngineLoss.MEAN_SQUARED_ERROR


class MeanAbsoluteError(Loss):
    """The mean of ``abs(y_pred - y_true)``; its slope at zero is 0.

    Examples
    --------
    >>> MeanAbsoluteError().name
    'mean_absolute_error'
    """

    name = "mean_absolute_error"
    engine = EngineLoss.MEAN_ABSOLUTE_ERROR


class Huber(Loss):
    """``e**2 / 2`` up to `delta`, then ``delta * (abs(e) - delta / 2)``, so that outliers pull less (Huber 1964).

    Parameters
    ----------
    delta : float, default 1
        Above 0.

    Examples
    --------
    >>> Huber(delta=2.0)
    Huber(delta=2.0)
    """

    name = "huber"
    engine = EngineLoss.HUBER

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = non_negative_number(delta, "delta")
        if self.delta == 0:
            raise ValueError("delta must be above 0, but it is 0")

    def options(self) -> dict[str, Any]:
        return {"loss_parameter": self.delta}


class Quantile(Loss):
    """The pinball loss, whose minimum is a quantile of the target: ``max(q (y - p), (q - 1) (y - p))``.

    Parameters
    ----------
    quantile : float, default 0.5
        Between 0 and 1: 0.9 gives predictions that nine targets in ten are below.

    Examples
    --------
    >>> Quantile(0.9)
    Quantile(quantile=0.9)
    """

    name = "quantile"
    engine = EngineLoss.QUANTILE

    def __init__(self, quantile: float = 0.5) -> None:
        self.quantile = non_negative_number(quantile, "quantile")
        if not 0 < self.quantile < 1:
            raise ValueError(f"quantile must be between 0 and 1, but it is {quantile}")

    def options(self) -> dict[str, Any]:
        return {"loss_parameter": self.quantile}


class Poisson(Loss):
    """``y_pred - y_true * log(y_pred)`` for counts; outputs must be positive, as a softplus makes them.

    Examples
    --------
    >>> Poisson().name
    'poisson'
    """

    name = "poisson"
    engine = EngineLoss.POISSON
    low = 0.0
    meaning = "counts, which are not negative"


class Hinge(Loss):
    """``max(0, 1 - y * y_pred)`` for classes -1 and 1; 0 stands for -1.

    Examples
    --------
    >>> Hinge().name
    'hinge'
    """

    name = "hinge"
    engine = EngineLoss.HINGE
    low, high = -1.0, 1.0
    meaning = "classes -1 and 1, or 0 and 1"
