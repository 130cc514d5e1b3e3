"""Gradients of a model as users see them, and which there are."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from fastnn.models.categories import categories_of
from fastnn.models.compiled import CompiledModel
from fastnn_ext.engine.options import LossOptions
from fastnn_ext.tables.enums import Loss

__all__ = ["NO_LOSS", "Gradients", "inputs_with_gradients", "shaped_inputs"]

# With gradients with respect to outputs in place of targets there is no loss; its options say nothing.
NO_LOSS = LossOptions(Loss.MEAN_SQUARED_ERROR)


class Gradients:
    """What `BaseModel.gradients` and `BaseModel.backward` return.

    Attributes
    ----------
    parameters : ndarray, shape of ``model.parameters``
        With respect to all that training changes, as one vector in the same layout.
    inputs : ndarray, shape of x, or a list of these for several inputs, or None
        With respect to the inputs, where they were asked for; None for an input of categories.
    loss : float or None
        The mean loss of the batch, penalties included; None of `backward`, which knows none.
    named : dict of str to ndarray
        Views into `parameters` by names such as "dense.kernel".
    """

    __slots__ = ("_model", "inputs", "loss", "parameters")

    def __init__(self, model: CompiledModel, parameters: NDArray[Any], inputs: Any, loss: float | None) -> None:
        self._model, self.parameters, self.inputs, self.loss = model, parameters, inputs, loss

    def __repr__(self) -> str:
        return f"Gradients({self.parameters.size} numbers, loss={self.loss})"

    @property
    def named(self) -> dict[str, NDArray[Any]]:
        vector = self._model.parameters
        if vector is None or vector.shape != self.parameters.shape:
            raise ValueError("the model was built anew since: its layers are others than those of these gradients")
        found = {}
        first = vector.ctypes.data
        for layer in self._model.layers:
            for variable in layer.variables():
                if variable.trainable:
                    array = layer.arrays[variable.name]
                    at = (array.ctypes.data - first) // array.itemsize
                    view = self.parameters[at : at + array.size].reshape(array.shape)
                    found[f"{layer.name}.{variable.name}"] = view
        return found


def inputs_with_gradients(model: CompiledModel) -> list[int]:
    """The numbers of the inputs that are not categories: these have no gradient."""
    return [number for number in range(len(model.input_names)) if categories_of(model, number) is None]


def shaped_inputs(model: CompiledModel, found: list[NDArray[Any]]) -> Any:
    """Gradients with respect to inputs in the shapes of samples; None for an input of categories."""
    arrays: list[NDArray[Any] | None] = [None] * len(model.input_names)
    for number, array in zip(inputs_with_gradients(model), found, strict=True):
        arrays[number] = array.reshape(len(array), *model.input_shapes[number])
    return arrays if len(arrays) > 1 else arrays[0]
