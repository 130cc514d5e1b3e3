"""Assembling: layers that another system described, and the arrays that they had there, become a built model."""

import math
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fastnn.arrays.numbers import real_array
from fastnn.checking.arrays import converted
from fastnn.checking.shapes import Shape
from fastnn.layers.activation import Activation
from fastnn.layers.base import Layer
from fastnn.layers.normalization import Normalization
from fastnn.models.layered import LayeredModel
from fastnn.models.sequential import Sequential
from fastnn.registry import Without

__all__ = ["MOST_LAYERS", "Wanted", "assemble", "check_rows", "in_dtype", "own_arrays", "wanted_arrays", "wanted_by"]

# Beyond any that is of use; to read millions would take hours.
MOST_LAYERS = 10_000


class Wanted(NamedTuple):
    """An array that a layer needs.

    Attributes
    ----------
    name : str
        What messages call it.
    shape : tuple of int
    layer, variable : str
        Its layer's name, and its own there.
    trained : bool
        Whether training changes it: not where it is a moving statistic, or its layer is frozen.
    """

    name: str
    shape: Shape
    layer: str = ""
    variable: str = ""
    trained: bool = True


def wanted_arrays(model: Sequential, input_shape: Shape) -> list[list[Wanted]]:
    """The arrays that each layer of a model needs, in the order of `Sequential.get_weights`. It takes no memory.

    Raises
    ------
    ValueError
        When a layer cannot take what comes from the one before; the message names it.

    Examples
    --------
    >>> from fastnn.layers import Dense
    >>> wanted_arrays(Sequential([Dense(10**12, name="wide")]), (3,))[0][0][:2]
    ('the kernel of wide', (3, 1000000000000))
    """
    wanted = []
    shape = input_shape
    for layer in model.layers:
        if math.prod(shape) > sys.maxsize // model.dtype.itemsize:
            raise ValueError(f"{layer.name} would get samples of shape {shape}, larger than any memory")
        try:
            check_rows(layer, shape)
            after = layer.build(shape)
        except ValueError as error:
            raise ValueError(f"{layer.name}, which gets samples of shape {shape}, does not fit: {error}") from error
        wanted.append(wanted_by(layer))
        shape = after
    return wanted


def wanted_by(layer: Layer) -> list[Wanted]:
    """The arrays that a layer needs, whose shapes are known."""
    name = str(layer.name)
    if isinstance(layer, Normalization):
        # What it is made with is no weight elsewhere; what it learnt of data is beside a number of samples.
        shape = () if layer.axis is None else layer.needs_shape()[-1:]
        shapes = {} if layer.constant else {"mean": shape, "variance": shape, "count": ()}
        return [Wanted(f"the {one} of {name}", size, name, one, trained=False) for one, size in shapes.items()]
    return [
        Wanted(f"the {one.name} of {name}", one.shape, name, one.name, one.trainable and layer.trainable)
        for one in layer.variables()
    ]


def own_arrays(layer: Layer, arrays: Sequence[Any]) -> list[Any]:
    """The arrays that a layer has, of those that it needed: see `wanted_by`."""
    if not isinstance(layer, Normalization):
        return list(arrays)
    given = layer.given if layer.constant else arrays[:2]
    assert given is not None
    return [np.broadcast_to(one, variable.shape) for one, variable in zip(given, layer.variables(), strict=True)]


def check_rows(layer: Layer, shape: Shape) -> None:
    """Raise ValueError where a layer would take a softmax of pictures, and means that of rows elsewhere."""
    entry = layer.applied.entry if isinstance(layer, Activation) else None
    if entry is not None and isinstance(entry.derivative, Without) and len(shape) > 1:
        # Elsewhere what depends on a whole row is one of the last axis, here of the whole sample.
        raise ValueError(f"a {entry.name} takes rows: put a Flatten before it")


def assemble(model: Sequential, input_shape: Shape, arrays: Sequence[ArrayLike]) -> Sequential:
    """Build a model that is not built, with arrays in the order of `Sequential.get_weights`; return it.

    Raises
    ------
    TypeError
        For an array that holds no real numbers.
    ValueError
        When shapes do not fit, or a number is not finite, or none in the model's dtype.

    Examples
    --------
    >>> from fastnn.layers import Dense
    >>> assemble(Sequential([Dense(1)]), (2,), [[[1], [2]], [3]]).predict([[1, 1]])
    array([[6.]], dtype=float32)
    """
    wanted_by_layer = wanted_arrays(model, input_shape)
    names = [array.name for of_layer in wanted_by_layer for array in of_layer]
    if len(names) != len(arrays):
        wanted = ", ".join(names) or "none"
        raise ValueError(f"there must be {len(names)} arrays ({wanted}), but there are {len(arrays)}")
    given = iter([in_dtype(array, model, name) for array, name in zip(arrays, names, strict=True)])
    own = [
        array
        for layer, of_layer in zip(model.layers, wanted_by_layer, strict=True)
        for array in own_arrays(layer, [next(given) for _ in of_layer])
    ]
    model.assemble(model.layers, input_shape, own)
    return model


def in_dtype(array: ArrayLike, model: LayeredModel, name: str) -> Any:
    """An array of finite real numbers in a model's dtype; raises as `assemble` does."""
    return converted(real_array(array, name), model.dtype, name)
