"""PyTorch states: the arrays of a module by their names, such as ``0.weight``, as a model's layers have them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any

from numpy.typing import NDArray

from fastnn.checking.shapes import Shape
from fastnn.interop.assembling import in_dtype
from fastnn.layers.base import Layer
from fastnn.models.sequential import Sequential

__all__ = ["state_arrays"]

# PyTorch's names; a kernel is a weight that is turned round.
_NAMES = {
    "kernel": "weight",
    "embeddings": "weight",
    "gamma": "weight",
    "scale": "weight",
    "alpha": "weight",
    "bias": "bias",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
# How many batches there were: only training without a momentum asks.
_IGNORED = "num_batches_tracked"


def state_arrays(
    model: Sequential, shapes: Mapping[str, Shape], read: Callable[[str], NDArray[Any]], *, ordered: bool
) -> list[NDArray[Any]]:
    """The arrays of a state in the order of a model's `get_weights`; none is read before all fit.

    Parameters
    ----------
    model : Sequential
        Built.
    shapes : mapping of str to tuple of int
        Of all arrays of the state.
    read : function of a name
        Gives the array.
    ordered : bool
        Whether the order of `shapes` is that of the modules. Otherwise their numbers tell it.

    Raises
    ------
    ValueError
        When modules, names or shapes do not fit the layers, or the order is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn.layers import Dense, Input
    >>> model = Sequential([Input((3,)), Dense(2, use_bias=False)])
    >>> state_arrays(model, {"0.weight": (2, 3)}, lambda name: np.ones((2, 3)), ordered=True)[0].shape
    (3, 2)
    """
    own = [layer for layer in model.layers if layer.arrays]
    modules: dict[str, list[str]] = {}
    for name in shapes:
        module, _, variable = name.rpartition(".")
        if variable != _IGNORED:
            modules.setdefault(module, []).append(variable)
    if len(modules) != len(own):
        raise ValueError(
            f"there are weights of {len(modules)} modules ({_some(modules)}), but the model has {len(own)} layers with "
            f"weights ({_some(str(layer.name) for layer in own)})"
        )
    found = []
    for layer, module in zip(own, _in_order(list(modules), own, ordered), strict=True):
        strange = [variable for variable in layer.arrays if variable not in _NAMES]
        if strange:
            raise ValueError(
                f"{layer.name} ({type(layer).__name__}) has a {strange[0]}, which no module of PyTorch has: load the "
                "weights of a model without it"
            )
        expected = {_NAMES[variable] for variable in layer.arrays}
        if set(modules[module]) != expected:
            raise ValueError(
                f"the module {module!r} has {_some(sorted(modules[module]))}, but {layer.name} "
                f"({type(layer).__name__}) needs {_some(sorted(expected))}"
            )
        for variable, array in layer.arrays.items():
            name = f"{module}.{_NAMES[variable]}" if module else _NAMES[variable]
            shape = array.shape[::-1] if variable == "kernel" else array.shape
            if shapes[name] != shape:
                what = f"the {variable} of {layer.name}"
                raise ValueError(f"{name!r} must have shape {shape} to be {what}, but its shape is {shapes[name]}")
            found.append((name, variable))
    return [
        in_dtype(read(name).T if variable == "kernel" else read(name), model, repr(name)) for name, variable in found
    ]


def _in_order(modules: list[str], own: list[Layer], ordered: bool) -> list[str]:
    names = [str(layer.name) for layer in own]
    if set(names) == set(modules):
        return names
    if ordered:
        return modules
    # A file sorts its names as texts.
    by_number = sorted(modules, key=_pieces)
    for before, after in pairwise(by_number):
        differing = [i for i, (a, b) in enumerate(zip(_pieces(before), _pieces(after), strict=False)) if a != b]
        if not differing or differing[0] % 2 == 0:
            raise ValueError(
                f"the order of the modules {before!r} and {after!r} is not in their names: pass the state_dict of the "
                f"module itself, or give the layers of the model these names"
            )
    return by_number


def _pieces(name: str) -> list[Any]:
    """Texts at even places, numbers at odd ones.

    >>> _pieces("block2.10")
    ['block', 2, '.', 10, '']
    """
    return [int(piece) if index % 2 else piece for index, piece in enumerate(re.split(r"(\d+)", name, flags=re.ASCII))]


def _some(names: Iterable[str]) -> str:
    names = [repr(name) for name in names]
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") if names else "none"
