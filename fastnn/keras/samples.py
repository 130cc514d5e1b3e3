"""Data as Keras takes them: one feature as a list of numbers, or the one input of a model in a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fastnn.checking.shapes import Shape, checked_shape

__all__ = ["as_inputs", "as_samples", "as_validation", "samples_of"]


def as_samples(x: Any, shape: Shape | None) -> Any:
    """``x`` as fastnn takes it: a column where it is one feature, and without the list around a single array.

    Parameters
    ----------
    x : object
    shape : tuple of int or None
        Of one sample; None where it is not known yet.

    Examples
    --------
    >>> as_samples([1.0, 2.0], None)
    array([[1.],
           [2.]])
    >>> as_samples([np.ones((5, 2))], (2,)).shape
    (5, 2)
    """
    if isinstance(x, list | tuple) and len(x) == 1 and hasattr(x[0], "shape"):
        inner = x[0]
        # A list of one sample has as many axes as samples have; that of the one input has one more.
        if shape is None or len(inner.shape) > len(shape) or (len(inner.shape) == 1 and shape == (1,)):
            x = inner
    if shape in (None, (1,)) and _axes(x) == 1:
        return np.asarray(x).reshape(-1, 1)
    return x


def as_inputs(x: Any, shapes: Sequence[Shape]) -> Any:
    """``x`` of a model with these inputs, each as `as_samples` makes it; none: the shape is not known yet."""
    if len(shapes) <= 1:
        return as_samples(x, shapes[0] if shapes else None)
    if isinstance(x, list | tuple) and len(x) == len(shapes):
        return [as_samples(one, shape) for one, shape in zip(x, shapes, strict=True)]
    return x


def as_validation(data: Any, shapes: Sequence[Shape]) -> Any:
    """``validation_data`` with its x as `as_inputs` makes it; what gives batches stays."""
    if isinstance(data, tuple | list) and len(data) in (2, 3):
        return (as_inputs(data[0], shapes), *data[1:])
    return data


def samples_of(shape: Any) -> Any:
    """The shape of a sample from that of a batch, whose size says nothing; or a list or a dict of them.

    A shape of one number is that of a sample already.

    >>> samples_of((None, 28, 28)), samples_of((32, 784)), samples_of([(None, 3), (None, 4)]), samples_of(3)
    ((28, 28), (784,), [(3,), (4,)], (3,))
    """
    if isinstance(shape, Mapping):
        return {name: samples_of(one) for name, one in shape.items()}
    if isinstance(shape, list | tuple) and shape and all(isinstance(one, list | tuple) for one in shape):
        return [samples_of(one) for one in shape]
    if isinstance(shape, list | tuple) and len(shape) > 1:
        shape = shape[1:]
    return checked_shape(shape, "input_shape")


def _axes(x: Any) -> int | None:
    """How many axes an array or a list of numbers has; None for anything else."""
    if hasattr(x, "shape"):
        return len(x.shape)
    return 1 if isinstance(x, list | tuple) and x and all(isinstance(value, int | float) for value in x) else None
