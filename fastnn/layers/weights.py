"""The arrays of a layer: what it says of them before they are there, and their numbers, as Keras' layers have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.numbers import replacement
from fastnn.checking.fixed import FixedDict
from fastnn.checking.shapes import Shape
from fastnn.checking.strict import Strict
from fastnn.layers.layer_array import LayerArray
from fastnn.layers.listed import ListedMethod

__all__ = ["ARRAY_NAMES", "NUMBERS", "LayerWeights", "Variable", "fixed_arrays"]


class Variable(NamedTuple):
    """An array that a layer has: its name, shape, first numbers, and whether training changes it by gradients."""

    name: str
    shape: Shape
    initializer: Callable[[Shape, np.random.Generator], Any]
    trainable: bool


# What the arrays of the package's layers are called.
ARRAY_NAMES = ("kernel", "embeddings", "bias", "gamma", "beta", "moving_mean", "moving_variance")
NUMBERS = "write into its array, layer.arrays[{!r}][:] = ..., or call model.set_weights"


def fixed_arrays(arrays: dict[str, NDArray[Any]]) -> FixedDict[str, NDArray[Any]]:
    """The arrays of a layer, which the engine knows by their places: their numbers may change, but not the arrays."""
    return FixedDict(arrays, "layer.arrays", "write into an array, layer.arrays['kernel'][:] = ...")


class LayerWeights(Strict):
    """What has arrays, which a model makes of its variables."""

    arrays: FixedDict[str, NDArray[Any]]
    input_shape: Shape | None
    in_model: bool
    shared: bool
    name: Any
    trainable: Any

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        own = cls.__dict__.get("variables")
        if isinstance(own, FunctionType):
            cls.variables = ListedMethod(own)  # type: ignore[method-assign, assignment]

    def needs_shape(self) -> Shape:
        """The shape of a sample before the layer; RuntimeError where it is not built, and has none."""
        if self.input_shape is None:
            raise RuntimeError(
                f"the layer {self.name or type(self).__name__} is not built, so that its arrays have no shapes: "
                "put it into a model with an Input, or call its build(input_shape)"
            )
        return self.input_shape

    def variables(self) -> list[Variable]:
        """The arrays that the layer has, in the order of ``get_weights``; after `build`.

        Without the call it is a sequence, as Keras' property is: of `weights`.
        """
        return []

    def check_dtype(self, dtype: np.dtype[Any]) -> None:
        """Raise ValueError where it has arrays in another model, and they are of another dtype."""
        if self.shared or self.in_model:
            for array in self.arrays.values():
                if array.dtype != dtype:
                    raise ValueError(
                        f"the layer {self.name} is {array.dtype} in another model, with which it would share its "
                        f"weights: make this one with dtype={array.dtype.name!r}"
                    )

    def brings_arrays(self) -> bool:
        """Whether it has arrays that a model must leave as they are, as one that another model has, too."""
        return self.shared and bool(self.arrays)

    def get_weights(self) -> list[NDArray[Any]]:
        """Copies of the layer's arrays."""
        return [array.copy() for array in self.arrays.values()]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Replace the values of the layer's arrays, in the order of `get_weights`.

        Raises
        ------
        RuntimeError
            When the layer is not built, and has none.
        TypeError, ValueError
            When their number or a shape is another, or a number is not finite or too large; nothing has changed then.
        """
        self.needs_shape()
        if len(weights) != len(self.arrays):
            raise ValueError(
                f"{self.name or type(self).__name__} has {len(self.arrays)} arrays ({', '.join(self.arrays) or 'none'})"
                f", but there are {len(weights)} weights"
            )
        pairs = list(zip(self.arrays.items(), weights, strict=True))
        new = [replacement(array, value, f"the {name} of {self.name}") for (name, array), value in pairs]
        # A copy of each: they may be views of these very arrays.
        for array, value in zip(self.arrays.values(), [one.copy() for one in new], strict=True):
            array[...] = value

    @property
    def weights(self) -> list[LayerArray]:
        """The layer's arrays, in the order of `get_weights`; what is written into them is the layer's."""
        return [array.view(LayerArray) for array in self.arrays.values()]

    @property
    def trainable_weights(self) -> list[LayerArray]:
        """Those of the arrays that training changes; none of a layer that is frozen."""
        return self._weights_where(True)

    @property
    def non_trainable_weights(self) -> list[LayerArray]:
        """The others: moving statistics, and all arrays of a layer that is frozen."""
        return self._weights_where(False)

    def _weights_where(self, trained: bool) -> list[LayerArray]:
        names = (
            [one.name for one in self.variables() if (one.trainable and self.trainable) is trained]
            if self.arrays
            else []
        )
        return [self.arrays[name].view(LayerArray) for name in names]

    def __getattr__(self, name: str) -> LayerArray:
        # Asked for only where there is no attribute of this name; before the constructor has run there are no arrays.
        array = self.__dict__.get("arrays", {}).get(name)
        if array is None:
            hint = ": it has arrays once its model is built" if not name.startswith("_") and self._lacks(name) else ""
            if "arrays" not in self.__dict__:
                hint = ": its __init__ must call super().__init__() first"
            raise AttributeError(f"a {type(self).__name__} has no attribute {name!r}{hint}")
        view: LayerArray = array.view(LayerArray)
        return view

    def _lacks(self, name: str) -> bool:
        return name in ARRAY_NAMES and not self.__dict__.get("arrays")

    def count_params(self) -> int:
        """How many numbers the layer's arrays hold; 0 before the model is built."""
        return sum(array.size for array in self.arrays.values())


# Of the base itself; its subclasses' are made so with them.
LayerWeights.variables = ListedMethod(LayerWeights.variables)  # type: ignore[method-assign, assignment]
