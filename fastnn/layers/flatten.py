"""The flatten layer: a picture becomes a row of numbers. The engine reads rows anyway, so it costs nothing."""

import math

from fastnn.checking.shapes import Shape
from fastnn.layers.base import Layer
from fastnn_ext.engine.plan import Plan

__all__ = ["Flatten"]


class Flatten(Layer):
    """Reshapes samples of any shape to rows.

    Parameters
    ----------
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> Flatten().build((28, 28))
    (784,)
    """

    def output_for(self, input_shape: Shape) -> Shape:
        return (math.prod(input_shape),)

    def lower(self, plan: Plan) -> None:
        pass
