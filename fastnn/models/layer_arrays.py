"""The arrays of a model's layers: allocated as views into one vector, filled, checked and replaced."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.array_kinds import check_nothing_masked
from fastnn.arrays.convert import to_dense_array
from fastnn.checking.arrays import check_finite, converted, no_memory
from fastnn.checking.shapes import Shape
from fastnn.layers.base import Layer, Variable, fixed_arrays
from fastnn.layers.once import arrays_once, variables_once
from fastnn_ext.engine.plan import allocate

__all__ = [
    "allocate_arrays", "check_array", "checked_weights", "initial_values", "label", "named_arrays", "named_variables",
    "replacements",
]  # fmt: skip


def label(layer: Layer) -> str:
    """The name of a layer in messages."""
    return f"{layer.name or layer.default_name} ({type(layer).__name__})"


def allocate_arrays(layers: Sequence[Layer], dtype: np.dtype[Any]) -> NDArray[Any] | None:
    """Give every layer its arrays; return the vector of all parameters that gradients change.

    They are views into that vector, those that gradients do not change into another. What another model has, too, keeps
    its arrays, which lie elsewhere; there is no such vector then.

    Raises
    ------
    MemoryError
        When there is not enough memory; the message names the largest array.
    """
    # Models first: what they have of a file has arrays then, whoever else has it.
    there = {layer for layer in sorted(layers, key=lambda one: one.inner_model is None) if layer.brings_arrays()}
    layers = [layer for layer in layers if layer not in there]
    variables = [(layer, variable) for layer in layers for variable in layer.variables()]
    views: dict[tuple[int, str], NDArray[Any]] = {}
    vectors = []
    for trainable in (True, False):
        mine = [(layer, variable) for layer, variable in variables if variable.trainable is trainable]
        try:
            vector, arrays = allocate([variable.shape for _, variable in mine], dtype)
        except (MemoryError, ValueError, OverflowError) as error:
            layer, largest = max(mine, key=lambda one: math.prod(one[1].shape))
            raise no_memory(f"the {largest.name} of {label(layer)}", largest.shape, dtype) from error
        views |= {(id(layer), variable.name): array for (layer, variable), array in zip(mine, arrays, strict=True)}
        vectors.append(vector)
    for layer in layers:
        own = {variable.name: views[id(layer), variable.name] for variable in layer.variables()}
        layer._keep(arrays=fixed_arrays(own))
    return None if any(layer.arrays for layer in there) else vectors[0]


def named_arrays(layers: Sequence[Layer]) -> dict[str, NDArray[Any]]:
    """The arrays of layers under the names that files have for them; raises as `named_variables` does."""
    named_variables(layers)
    return {f"{layer.name}.{name}": array for layer, name, array in arrays_once(layers)}


def named_variables(layers: Sequence[Layer]) -> dict[str, Variable]:
    """What layers need, under the same names; ValueError where two would have one.

    >>> from fastnn.layers import Dense
    >>> layer = Dense(2, use_bias=False, name="last")
    >>> layer.build((3,))
    (2,)
    >>> list(named_variables([layer]))
    ['last.kernel']
    """
    found: dict[str, Variable] = {}
    for layer, variable in variables_once(layers):
        name = f"{layer.name}.{variable.name}"
        if name in found:
            raise ValueError(f"two arrays would be called {name!r}: give layers names without dots")
        found[name] = variable
    return found


def initial_values(layer: Layer, variable: Variable, rng: np.random.Generator) -> NDArray[Any]:
    """What the initializer of a variable gives.

    Raises
    ------
    MemoryError
        When there is no memory for them, in float64, beside the arrays of the model.
    ValueError
        When they are not finite numbers of the variable's shape.
    """
    try:
        numbers = variable.initializer(variable.shape, rng)
    except MemoryError as error:
        called = f"the first numbers of the {variable.name} of {label(layer)}"
        raise no_memory(called, variable.shape, np.dtype(np.float64)) from error
    check_nothing_masked(numbers, f"what the initializer of the {variable.name} of {layer.name} gives")
    numbers = np.asarray(numbers)
    if numbers.shape != variable.shape or numbers.dtype.kind not in "fiu" or not np.isfinite(numbers).all():
        raise ValueError(
            f"the initializer of the {variable.name} of {layer.name} must give finite numbers of shape "
            f"{variable.shape}, but gave {numbers.dtype} of shape {numbers.shape}"
        )
    return numbers


def check_array(layer: Layer, name: str, shape: Shape, array: NDArray[Any]) -> None:
    """Raise TypeError or ValueError where an array cannot be that variable of the layer."""
    if array.dtype.kind not in "fiub":
        raise TypeError(f"the {name} of {layer.name} must hold real numbers, but its dtype is {array.dtype}")
    if array.shape != shape:
        raise ValueError(f"the {name} of {layer.name} must have shape {shape}, but its shape is {array.shape}")
    check_finite(array, f"the {name} of {layer.name}")


def checked_weights(
    layers: Sequence[Layer], weights: Sequence[NDArray[Any]], dtype: np.dtype[Any]
) -> list[NDArray[Any]]:
    """Arrays for layers that have none yet, in the order of ``get_weights`` and in ``dtype``.

    Raises
    ------
    ValueError
        When their number or a shape is another, or a number is not finite or too large for ``dtype``.
    """
    expected = variables_once(layers)
    if len(weights) != len(expected):
        raise ValueError(f"the layers have {len(expected)} arrays, but there are {len(weights)}")
    given = []
    for (layer, variable), array in zip(expected, weights, strict=True):
        check_array(layer, variable.name, variable.shape, array)
        given.append(converted(array, dtype, f"the {variable.name} of {layer.name}"))
    return given


def replacements(layers: Sequence[Layer], weights: Sequence[ArrayLike], dtype: np.dtype[Any]) -> list[NDArray[Any]]:
    """Arrays to be copied into those that layers have; raises as `checked_weights` does."""
    own = arrays_once(layers)
    if isinstance(weights, np.ndarray) or len(weights) != len(own):
        raise ValueError(f"weights must be a list of {len(own)} arrays, but there are {len(weights)}")
    given = []
    for value, (layer, name, array) in zip(weights, own, strict=True):
        new = to_dense_array(value, f"the {name} of {layer.name}")
        check_array(layer, name, array.shape, new)
        given.append(converted(new, dtype, f"the {name} of {layer.name}"))
    # Views of the model's own arrays, to swap two layers, say, would be read when they are written already.
    bounds = [byte_bounds(array) for _, _, array in own]
    first, last = min((low for low, _ in bounds), default=0), max((high for _, high in bounds), default=0)
    return [new.copy() if byte_bounds(new)[0] < last and first < byte_bounds(new)[1] else new for new in given]
