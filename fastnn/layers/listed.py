"""A layer's variables as a method, as fastnn has them, and as a list of arrays, as Keras has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

from fastnn.layers.layer_array import LayerArray

__all__ = ["Listed", "ListedMethod"]


class Listed(Sequence[LayerArray]):
    """The method of a layer: called it tells of the arrays, and as a sequence it is ``layer.weights``."""

    def __init__(self, layer: Any, function: Callable[[Any], Any]) -> None:
        self._layer, self._function = layer, function

    def __call__(self) -> Any:
        return self._function(self._layer)

    @overload
    def __getitem__(self, place: int) -> LayerArray: ...
    @overload
    def __getitem__(self, place: slice) -> list[LayerArray]: ...
    def __getitem__(self, place: int | slice) -> LayerArray | list[LayerArray]:
        found: list[LayerArray] = self._layer.weights
        return found[place]

    def __len__(self) -> int:
        return len(self._layer.weights)

    def __add__(self, other: Sequence[Any]) -> list[Any]:
        return [*self, *other]

    def __radd__(self, other: Sequence[Any]) -> list[Any]:
        return [*other, *self]

    def __repr__(self) -> str:
        return repr(self._layer.weights)


class ListedMethod:
    """The method ``variables`` of a class of layers, as `Listed` of each.

    Parameters
    ----------
    function : function
        Of a layer.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input
    >>> from fastnn.models import Sequential
    >>> dense = Sequential([Input((2,)), Dense(1)]).layers[0]
    >>> [array.shape for array in dense.variables], [variable.name for variable in dense.variables()]
    ([(2, 1), (1,)], ['kernel', 'bias'])
    """

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function, self.__doc__ = function, function.__doc__

    def __get__(self, layer: Any, kind: type | None = None) -> Any:
        return self.function if layer is None else Listed(layer, self.function)
