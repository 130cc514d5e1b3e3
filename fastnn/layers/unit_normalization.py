"""Unit normalisation: vectors along the last axis get length 1."""

from fastnn.layers.base import Layer
from fastnn_ext.engine.plan import Plan

__all__ = ["UnitNormalization"]


class UnitNormalization(Layer):
    """``x / max(|x|, 1e-12)`` with the Euclidean length of each vector along the last axis.

    A vector of zeros stays one.

    Parameters
    ----------
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> from fastnn import Input, Sequential
    >>> Sequential([Input((2,)), UnitNormalization()]).predict([[3.0, 4.0]])
    array([[0.6, 0.8]], dtype=float32)
    """

    @property
    def output_activation(self) -> str:
        return "linear"

    def lower(self, plan: Plan) -> None:
        # Keras' epsilon, which is PyTorch's, too.
        plan.add_unit_normalization(self.needs_shape()[-1], 1e-12)
