"""What the elements of a data set are said to be: TensorFlow's ``tf.TensorSpec``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastnn.keras.tensors import Tensor, tensor

__all__ = ["TensorSpec", "as_declared", "specs_of"]


@dataclass(frozen=True)
class TensorSpec:
    """The shape and the type of an array.

    Parameters
    ----------
    shape : sequence of int or None, optional
        None in the place of a size stands for any; in place of the shape, for any shape.
    dtype : type of NumPy, default float32
    name : str, optional

    Examples
    --------
    >>> as_declared([1, 2], TensorSpec((None,), np.float32)).numpy()
    array([1., 2.], dtype=float32)
    """

    shape: Sequence[int | None] | None = None
    dtype: Any = np.float32
    name: str | None = None

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Whether arrays of a shape are such."""
        return self.shape is None or (
            len(shape) == len(self.shape)
            and all(size in (None, given) for size, given in zip(self.shape, shape, strict=True))
        )


def specs_of(types: Any, shapes: Any) -> Any:
    """One specification for each of a tuple or dict of types, with the shape in its place."""
    if isinstance(types, tuple):
        return tuple(
            specs_of(one, shapes if shapes is None else shape)
            for one, shape in zip(types, types if shapes is None else shapes, strict=True)
        )
    if isinstance(types, dict):
        return {name: specs_of(one, shapes if shapes is None else shapes[name]) for name, one in types.items()}
    return TensorSpec(shapes, types)


def as_declared(element: Any, spec: Any) -> Any:
    """An element in the types that are declared for it.

    Raises
    ------
    TypeError
        Where its structure, or a shape, is another one.
    """
    if isinstance(spec, TensorSpec):
        return _array(element, spec)
    if isinstance(spec, dict) and isinstance(element, dict) and spec.keys() == element.keys():
        return {name: as_declared(element[name], one) for name, one in spec.items()}
    if isinstance(spec, tuple) and isinstance(element, tuple | list) and len(spec) == len(element):
        return tuple(as_declared(*pair) for pair in zip(element, spec, strict=True))
    raise TypeError(f"the generator gave {element!r}, but what was declared of its elements is {spec!r}")


def _array(value: Any, spec: TensorSpec) -> Tensor:
    array = np.asarray(value, dtype=spec.dtype)
    if not spec.takes(array.shape):
        raise TypeError(f"the generator gave an array of shape {array.shape}, but the declared one is {spec.shape}")
    return tensor(array)
