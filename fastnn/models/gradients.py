"""Gradients of a model as users see them, and which there are."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastnn.models.categories import categories_of
from fastnn.models.compiled import CompiledModel
from fastnn_ext.engine.options import LossOptions
from fastnn_ext.tables.enums import Loss

__all__ = ["NO_LOSS", "Gradients", "Layout", "inputs_with_gradients", "layout_of", "shaped_inputs"]

# With gradients with respect to outputs in place of targets there is no loss; its options say nothing.
NO_LOSS = LossOptions(Loss.MEAN_SQUARED_ERROR)


class Layout(NamedTuple):
    """Where the gradient of each array that learns lies in the vector of all.

    It is that of ``model.parameters``, or, where a model shares its layers with others and has no one vector, that of
    the arrays one behind the other.
    """

    names: list[str]
    arrays: list[NDArray[Any]]
    places: list[int]
    size: int

    def read(self, dtype: DTypeLike) -> NDArray[Any]:
        """A copy of the numbers of all arrays in such a vector; between them lie zeros."""
        vector = np.zeros(self.size, dtype)
        for array, place in zip(self.arrays, self.places, strict=True):
            vector[place : place + array.size] = array.reshape(-1)
        return vector

    def write(self, vector: NDArray[Any]) -> None:
        """Give all arrays their numbers of such a vector."""
        for array, place in zip(self.arrays, self.places, strict=True):
            array[...] = vector[place : place + array.size].reshape(array.shape)


def layout_of(model: CompiledModel) -> Layout:
    """The layout of the gradients of a built model."""
    found: dict[int, tuple[str, NDArray[Any]]] = {}
    for layer in model.layers:
        for variable in layer.variables():
            if variable.trainable:
                array = layer.arrays[variable.name]
                found.setdefault(array.ctypes.data, (f"{layer.name}.{variable.name}", array))
    names, arrays = [name for name, _ in found.values()], [array for _, array in found.values()]
    vector = model.parameters
    if vector is not None:
        places = [(address - vector.ctypes.data) // vector.itemsize for address in found]
        return Layout(names, arrays, places, vector.size)
    begins = [0, *itertools.accumulate(array.size for array in arrays)]
    return Layout(names, arrays, begins[:-1], begins[-1])


class Gradients:
    """What `BaseModel.gradients` and `BaseModel.backward` return.

    Attributes
    ----------
    parameters : ndarray, one-dimensional
        With respect to all that training changes: in the layout of ``model.parameters``, or, where a model shares
        layers with others and has no such vector, array by array.
    inputs : ndarray, shape of x, or a list of these for several inputs, or None
        With respect to the inputs, where they were asked for; None for an input of categories.
    loss : float or None
        The mean loss of the batch, penalties included; None of `backward`, which knows none.
    named : dict of str to ndarray
        Views into `parameters` by names such as "dense.kernel".
    """

    __slots__ = ("_layout", "inputs", "loss", "parameters")

    def __init__(self, layout: Layout, parameters: NDArray[Any], inputs: Any, loss: float | None) -> None:
        self._layout, self.parameters, self.inputs, self.loss = layout, parameters, inputs, loss

    def __repr__(self) -> str:
        return f"Gradients({self.parameters.size} numbers, loss={self.loss})"

    @property
    def named(self) -> dict[str, NDArray[Any]]:
        parts = zip(self._layout.names, self._layout.arrays, self._layout.places, strict=True)
        return {name: self.parameters[at : at + array.size].reshape(array.shape) for name, array, at in parts}


def inputs_with_gradients(model: CompiledModel) -> list[int]:
    """The numbers of the inputs that are not categories: these have no gradient."""
    return [number for number in range(len(model.input_names)) if categories_of(model, number) is None]


def shaped_inputs(model: CompiledModel, found: list[NDArray[Any]]) -> Any:
    """Gradients with respect to inputs in the shapes of samples; None for an input of categories."""
    arrays: list[NDArray[Any] | None] = [None] * len(model.input_names)
    for number, array in zip(inputs_with_gradients(model), found, strict=True):
        arrays[number] = array.reshape(len(array), *model.input_shapes[number])
    return arrays if len(arrays) > 1 else arrays[0]
