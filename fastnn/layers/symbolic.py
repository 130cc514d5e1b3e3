"""Values of a graph that is being described: what an input has, and what a layer gives when it is called on such."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastnn.checking.shapes import Shape
from fastnn.layers.arithmetic import Arithmetic

__all__ = ["SymbolicTensor", "call", "is_symbolic", "tensors_of"]


class SymbolicTensor(Arithmetic):
    """What a layer gives when it is called: no numbers, but their shape and how they come about.

    Parameters
    ----------
    layer : Layer
    inputs : sequence of SymbolicTensor
        What the layer was called on; nothing for an `Input`.
    sample_shape : tuple of int
        Of one sample.
    place : int, default 0
        Which of the layer's outputs it is. The layer's first one is then all that it takes: one call gives them.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input
    >>> Dense(3)(Input((2,)))
    <SymbolicTensor of Dense, shape (None, 3)>
    """

    def __init__(self, layer: Any, inputs: Iterable[SymbolicTensor], sample_shape: Shape, place: int = 0) -> None:
        self.layer, self.inputs, self.sample_shape, self.place = layer, tuple(inputs), sample_shape, place

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Of a batch; its size is None."""
        return (None, *self.sample_shape)

    def __repr__(self) -> str:
        return f"<SymbolicTensor of {self.layer.name or type(self.layer).__name__}, shape {self.shape}>"

    def __bool__(self) -> bool:
        raise TypeError("a symbolic tensor has no numbers, and is neither true nor false")

    def __array__(self, *given: Any, **options: Any) -> Any:
        raise TypeError("a symbolic tensor has no numbers: make a fastnn.Model of it, and predict")


def is_symbolic(value: Any) -> bool:
    """Whether a graph is described with it: a symbolic tensor, an `Input`, or a list that begins with one."""
    if isinstance(value, list | tuple):
        return bool(value) and is_symbolic(value[0])
    return isinstance(value, SymbolicTensor) or isinstance(getattr(value, "tensor", None), SymbolicTensor)


def tensors_of(value: Any, what: str) -> tuple[SymbolicTensor, ...]:
    """One or several symbolic tensors, an `Input` standing for its own.

    Raises
    ------
    TypeError
        For anything else; the message begins with ``what``.
    """
    given = value if isinstance(value, list | tuple) else (value,)
    found = []
    for one in given:
        tensor = getattr(one, "tensor", one)
        if not isinstance(tensor, SymbolicTensor):
            raise TypeError(
                f"{what} must be an Input, what a layer gave when it was called on one, or a list of these, but it is "
                f"{one!r}"
            )
        found.append(tensor)
    return tuple(found)


def call(layer: Any, inputs: Any) -> SymbolicTensor:
    """What the layer gives for these inputs; see `Layer.__call__`."""
    called = layer.name or type(layer).__name__
    tensors = tensors_of(inputs, f"what {called} is called on")
    shapes = [tensor.sample_shape for tensor in tensors]
    if layer.declared_shape is not None and [layer.declared_shape] != shapes:
        raise ValueError(f"{called} was made for samples of shape {layer.declared_shape}, but is called on {shapes}")
    known = layer.input_shape
    shape = layer.shape_of_inputs(shapes)
    if known is not None and known != shape:
        raise ValueError(
            f"{called} was called on samples of shape {known} before, and its weights are shared: it cannot take "
            f"samples of shape {shape}"
        )
    try:
        output_shape = layer.build(shape)
    except ValueError as error:
        givers = ", ".join(f"{one.layer.name or type(one.layer).__name__} gives {one.sample_shape}" for one in tensors)
        raise ValueError(f"{called} does not fit: {error} ({givers})") from None
    given = SymbolicTensor(layer, tensors, output_shape)
    layer.note(given)
    return given
