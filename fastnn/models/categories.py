"""Inputs that hold categories: which they are, and the check of data for them, in the words of the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.arrays import check_finite
from fastnn_ext.engine.compressed import CompressedRows

if TYPE_CHECKING:
    from fastnn.models.compiled import CompiledModel

__all__ = ["Categories", "categories_of", "check_categories"]


class Categories(NamedTuple):
    """How many categories an input has, and the layer that takes no others."""

    size: int
    layer: str


def categories_of(model: CompiledModel, number: int) -> Categories | None:
    """Those of an input by its number; None where it holds any numbers."""
    found = model.needs_plan().categories.get(-1 - number)
    return None if found is None else Categories(found[0], model.layer_of(found[1]))


def check_categories(data: NDArray[Any] | CompressedRows, categories: Categories, name: str) -> None:
    """Raise ValueError where a number is not that of a category; the message names the layer and the first place."""
    array: NDArray[Any] = data.values if isinstance(data, CompressedRows) else data
    if not array.size or array.dtype == np.bool_:
        return
    check_finite(array, name)
    if array.min() >= 0 and array.max() < categories.size and (array.dtype.kind != "f" or (array % 1 == 0).all()):
        return
    wrong = (array < 0) | (array >= categories.size) | (array % 1 != 0)
    place = np.unravel_index(int(wrong.argmax()), array.shape)
    # The numbers of a sparse matrix have no place of their own to be named.
    called = f"{name}[{', '.join(str(int(i)) for i in place)}]" if array is data else f"a number of {name}"
    raise ValueError(
        f"{categories.layer} takes whole numbers from 0 to {categories.size - 1}, but {called} is {array[place]}"
    )
