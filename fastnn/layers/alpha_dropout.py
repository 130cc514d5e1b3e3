"""Dropout behind SELU, which keeps the mean and the variance of its numbers."""

from fastnn.layers.drawing import RateLayer
from fastnn_ext.engine.plan import Plan

__all__ = ["AlphaDropout"]


class AlphaDropout(RateLayer):
    """In training, numbers become SELU's floor with probability ``rate``; mean and variance stay what they were.

    ``a x' + b`` with ``a = ((1 - rate) (1 + rate f**2))**-0.5``, ``b = -a f rate`` and the floor ``f = -1.7581``, for
    numbers of mean 0 and variance 1 (Klambauer et al. 2017). Which ones depends on the model's seed, the step and the
    place, not on the number of threads.

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
    >>> AlphaDropout(0.5).rate
    0.5
    """

    def lower(self, plan: Plan) -> None:
        plan.add_alpha_dropout(self.rate)
