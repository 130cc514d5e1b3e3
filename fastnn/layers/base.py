"""The layer of a `Sequential` model: a description that is built for an input shape and lowered to an engine plan.

A layer knows its shapes and its variables; their arrays are views into the model's one vector of parameters, and all
arithmetic is the engine's.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastnn_ext.plan import Plan

__all__ = ["Layer", "Shape", "Variable", "checked_shape"]

Shape = tuple[int, ...]


class Variable(NamedTuple):
    """An array that a layer has: its name, shape, first numbers, and whether training changes it by gradients."""

    name: str
    shape: Shape
    initializer: Callable[[Shape, np.random.Generator], Any]
    trainable: bool


# A file's arrays are called by the layers: a name that is a path would lead elsewhere.
_NOT_IN_NAMES = "/\\"


class Layer:
    """A layer of a model.

    Parameters
    ----------
    name : str, optional
        By default the class' name in snake case, with a number where a model has several.
    input_shape : tuple of int, optional
        Of one sample. The first layer of a model may have it in place of an `Input`.

    Attributes
    ----------
    input_shape, output_shape : tuple of int or None
        Of one sample; None until the model is built.
    arrays : dict of ndarray
        The variables' arrays by name: views into the model's parameters, once it is built.
    """

    def __init__(self, *, name: str | None = None, input_shape: Sequence[int] | None = None) -> None:
        if name is not None and (not isinstance(name, str) or not name):
            raise TypeError(f"name must be a string that is not empty, but it is {name!r}")
        if name is not None and not (name.isprintable() and not set(name) & set(_NOT_IN_NAMES)):
            raise ValueError(f"name must have no slash, backslash or control character, but it is {name!r}")
        self.name = name
        self.declared_shape = None if input_shape is None else checked_shape(input_shape, "input_shape")
        self.input_shape: Shape | None = None
        self.output_shape: Shape | None = None
        self.arrays: dict[str, NDArray[Any]] = {}
        # No reference to it: a model that nobody needs any more is freed at once.
        self.in_model = False

    def build(self, input_shape: Shape) -> Shape:
        """Take the shape of a sample before the layer; return the one after it.

        Raises
        ------
        ValueError
            When the layer cannot take such samples; the message says why and what to do.
        """
        self.input_shape = input_shape
        self.output_shape = self.output_for(input_shape)
        return self.output_shape

    def output_for(self, input_shape: Shape) -> Shape:
        """The shape of a sample behind the layer; by default the same."""
        return input_shape

    def needs_shape(self) -> Shape:
        """The shape of a sample before the layer; RuntimeError where it is not built, and has none."""
        if self.input_shape is None:
            raise RuntimeError(
                f"the layer {self.name or type(self).__name__} is not built, so that its arrays have no shapes: "
                "put it into a model with an Input, or call its build(input_shape)"
            )
        return self.input_shape

    def variables(self) -> list[Variable]:
        """The arrays that the layer has, in the order of ``get_weights``; after `build`."""
        return []

    def lower(self, plan: Plan) -> None:
        """Append the layer to an engine plan, over its arrays."""
        raise NotImplementedError(f"{type(self).__name__} cannot be lowered to the engine")

    def configuration(self) -> dict[str, Any]:
        """The constructor's arguments, for saving."""
        shape = {} if self.declared_shape is None else {"input_shape": list(self.declared_shape)}
        return {"name": self.name, **shape}

    def get_weights(self) -> list[NDArray[Any]]:
        """Copies of the layer's arrays."""
        return [array.copy() for array in self.arrays.values()]

    def count_params(self) -> int:
        """How many numbers the layer's arrays hold; 0 before the model is built."""
        return sum(array.size for array in self.arrays.values())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name or 'without a name'}: {self.input_shape} to {self.output_shape}>"


def checked_shape(value: object, name: str) -> Shape:
    """``value`` as a tuple of positive int.

    >>> checked_shape([28, 28], "input_shape")
    (28, 28)
    """
    sizes: Sequence[object] = value if isinstance(value, tuple | list) else (value,)
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, int | np.integer):
            raise TypeError(f"{name} must be a tuple of integers, the shape of one sample, but it is {value!r}")
        if size < 1:
            raise ValueError(f"{name} must have sizes of at least 1, but it is {value!r}")
    if not sizes:
        raise ValueError(f"{name} must have at least one size, but it is {value!r}")
    return tuple(int(size) for size in sizes)  # type: ignore[call-overload]
