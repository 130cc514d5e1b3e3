"""The arrays of several layers, each once: models within a model may share layers, with it and with one another."""

from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

from fastnn.layers.base import Layer, Variable

__all__ = ["arrays_once", "variables_once"]


def arrays_once(layers: Iterable[Layer]) -> list[tuple[Layer, str, NDArray[Any]]]:
    """Each array with the first of the layers that has it and its name there: models within may share layers."""
    found: dict[int, tuple[Layer, str, NDArray[Any]]] = {}
    for layer in layers:
        for name, array in layer.arrays.items():
            found.setdefault(id(array), (layer, name, array))
    return list(found.values())


def variables_once(layers: Iterable[Layer]) -> list[tuple[Layer, Variable]]:
    """What `arrays_once` gives, of built layers that need no arrays yet."""
    found: dict[tuple[Layer, str], tuple[Layer, Variable]] = {}
    for layer in layers:
        for variable, owner in zip(layer.variables(), layer.owners(), strict=True):
            found.setdefault(owner, (layer, variable))
    return list(found.values())
