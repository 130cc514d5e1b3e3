"""The layer that does nothing, where a graph needs one."""

from fastnn.layers.base import Layer
from fastnn_ext.engine.plan import Plan

__all__ = ["Identity"]


class Identity(Layer):
    """Gives what it gets, and costs nothing.

    Parameters
    ----------
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> Identity().build((3,))
    (3,)
    """

    def lower(self, plan: Plan) -> None:
        pass
