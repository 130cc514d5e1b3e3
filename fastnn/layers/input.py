"""The input: the shape of one sample, which lets a model be built before it has seen data."""

from collections.abc import Sequence
from typing import Any

from fastnn.checking.shapes import checked_shape
from fastnn.layers.arithmetic import Arithmetic
from fastnn.layers.base import Layer
from fastnn.layers.symbolic import SymbolicTensor
from fastnn_ext.engine.plan import Plan

__all__ = ["Input"]


class Input(Layer, Arithmetic):
    """Says what shape samples have; computes nothing. The first layer of a `Sequential`, or where a graph begins.

    Parameters
    ----------
    shape : tuple of int
        Of one sample, without the batch.
    name : str, optional
    dtype : {"string"}, optional
        Its data are strings, and a `StringLookup` is the one layer that takes it.

    Examples
    --------
    >>> Input((28, 28)).declared_shape
    (28, 28)
    """

    def __init__(self, shape: Sequence[int], *, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(name=name, input_shape=checked_shape(shape, "shape"))
        if dtype not in (None, "string"):
            raise ValueError(f"dtype must be 'string', or left out for real numbers of any type, but it is {dtype!r}")
        self.dtype = dtype
        self._keep(input_shape=self.declared_shape, output_shape=self.declared_shape)
        self._tensor: SymbolicTensor | None = None

    @property
    def tensor(self) -> SymbolicTensor:
        """What it gives to layers that are called on it."""
        if self._tensor is None:
            assert self.declared_shape is not None
            self._keep(_tensor=SymbolicTensor(self, (), self.declared_shape))
            assert self._tensor is not None
        return self._tensor

    @property
    def output(self) -> SymbolicTensor:
        """The same."""
        return self.tensor

    @property
    def input(self) -> SymbolicTensor:
        """The same."""
        return self.tensor

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Of a batch; its size is None."""
        return self.tensor.shape

    def __call__(self, inputs: Any, training: bool | None = None) -> SymbolicTensor:
        raise TypeError("an Input is where a graph begins: it is not called on anything, layers are called on it")

    def lower(self, plan: Plan) -> None:
        pass

    def configuration(self) -> dict[str, object]:
        assert self.declared_shape is not None
        strings = {} if self.dtype is None else {"dtype": self.dtype}
        return {"shape": list(self.declared_shape), "name": self.name, **strings}
