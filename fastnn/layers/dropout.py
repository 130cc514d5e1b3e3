"""Dropout: in training, numbers are left out at random, so that no unit can rely on another alone."""

from fastnn.layers.drawing import RateLayer
from fastnn_ext.engine.plan import Plan

__all__ = ["Dropout"]


class Dropout(RateLayer):
    """Numbers become 0 with probability ``rate``; the others grow by ``1 / (1 - rate)``, so that sums keep their mean.

    Only in training (Srivastava et al. 2014, in the inverted form). Which ones depends on the model's seed, the step
    and the place, not on the number of threads.

    Parameters
    ----------
    rate : float
        At least 0 and below 1.
    seed : int, optional
        With it, training draws the same numbers each time, whatever the model's own seed: the seeds of a model's layers
        then decide what all of them draw.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> Dropout(0.5).rate
    0.5
    """

    def lower(self, plan: Plan) -> None:
        plan.add_dropout(self.rate)
