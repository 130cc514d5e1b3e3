"""Functions that bring symbolic tensors together: Keras' ``keras.layers.add`` and its like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastnn.keras.translating import Translated
from fastnn.layers.symbolic import SymbolicTensor

__all__ = ["merging"]


def merging(kind: Translated) -> Callable[..., SymbolicTensor]:
    """The function of a merging layer, which makes one and calls it.

    >>> from fastnn.keras.layers import Add, Input
    >>> merging(Add)([Input((3,)), Input((3,))]).shape
    (None, 3)
    """
    name = kind.__name__.lower()

    def merge(inputs: Any, **options: Any) -> SymbolicTensor:
        made: SymbolicTensor = kind(**options)(inputs)
        return made

    merge.__name__ = merge.__qualname__ = name
    merge.__doc__ = f"What ``{kind.__name__}(**options)(inputs)`` gives for a list of symbolic tensors."
    merge.__module__ = kind.__module__
    return merge
