"""Dropout by normal factors: numbers are multiplied, and none is left out."""

from fastnn.layers.drawing import RateLayer
from fastnn_ext.engine.plan import Plan

__all__ = ["GaussianDropout"]


class GaussianDropout(RateLayer):
    """In training, numbers are multiplied by normal ones of mean 1 and variance ``rate / (1 - rate)``.

    A dropout of that rate has the same mean and variance (Srivastava et al. 2014, section 10). The factors depend on
    the model's seed, the step and the place, not on the number of threads.

    Parameters
    ----------
    rate : float
        At least 0 and below 1.
    seed : int, optional
        As in `Dropout`.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> GaussianDropout(0.5).rate
    0.5
    """

    def lower(self, plan: Plan) -> None:
        plan.add_gaussian_dropout(self.rate)
