"""The input: the shape of one sample, which lets a model be built before it has seen data."""

from collections.abc import Sequence

from fastnn.checking.shapes import checked_shape
from fastnn.layers.base import Layer
from fastnn_ext.engine.plan import Plan

__all__ = ["Input"]


class Input(Layer):
    """Says what shape samples have; computes nothing.

    Parameters
    ----------
    shape : tuple of int
        Of one sample, without the batch.
    name : str, optional

    Examples
    --------
    >>> Input((28, 28)).declared_shape
    (28, 28)
    """

    def __init__(self, shape: Sequence[int], *, name: str | None = None) -> None:
        super().__init__(name=name, input_shape=checked_shape(shape, "shape"))

    def lower(self, plan: Plan) -> None:
        pass

    def configuration(self) -> dict[str, object]:
        assert self.declared_shape is not None
        return {"shape": list(self.declared_shape), "name": self.name}
