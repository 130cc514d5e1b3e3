"""Keras' ``keras.ops`` as far as layers go: functions of what layers give, for a graph, and of arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastnn import layers
from fastnn.keras.activations import (
    elu,
    gelu,
    hard_sigmoid,
    hard_silu,
    hard_swish,
    leaky_relu,
    log_softmax,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    swish,
    tanh,
)
from fastnn.keras.array_functions import ARRAY_FUNCTIONS, clip_of_ops
from fastnn.keras.layer_functions import extreme
from fastnn.keras.recording.recorded import is_recorded
from fastnn.keras.recording.rules import apply
from fastnn.keras.tensors import tensor
from fastnn.keras.translating import attributes
from fastnn.layers.symbolic import is_symbolic

__all__ = [
    "add", "concatenate", "divide", "elu", "gelu", "hard_sigmoid", "hard_silu", "hard_swish", "leaky_relu",
    "log_softmax", "maximum", "minimum", "mish", "multiply", "negative", "relu", "relu6", "reshape", "selu", "sigmoid",
    "silu", "softmax", "softplus", "softsign", "square", "subtract", "swish", "tanh",
]  # fmt: skip

_OF_ARRAYS = {name: one for name, one in ARRAY_FUNCTIONS.items() if name not in ("pow", "flatten", "batch_flatten")}
_OF_ARRAYS |= {"power": ARRAY_FUNCTIONS["pow"], "clip": clip_of_ops}
__all__ += [name for name in _OF_ARRAYS if name not in __all__]

_missing = attributes(__name__)


def __getattr__(name: str) -> Any:
    # Not as names of this module, where they would hide Python's own.
    return _OF_ARRAYS[name] if name in _OF_ARRAYS else _missing(name)


def add(x1: Any, x2: Any) -> Any:
    """``x1 + x2``.

    >>> add([1.0, 2.0], 1.0).numpy()
    array([2., 3.])
    """
    return _combined(lambda: x1 + x2, np.add, x1, x2)


def subtract(x1: Any, x2: Any) -> Any:
    """``x1 - x2``."""
    return _combined(lambda: x1 - x2, np.subtract, x1, x2)


def multiply(x1: Any, x2: Any) -> Any:
    """``x1 * x2``."""
    return _combined(lambda: x1 * x2, np.multiply, x1, x2)


def divide(x1: Any, x2: Any) -> Any:
    """``x1 / x2``."""
    return _combined(lambda: x1 / x2, np.divide, x1, x2)


def maximum(x1: Any, x2: Any) -> Any:
    """The larger of two numbers, everywhere.

    >>> from fastnn.layers import Input
    >>> maximum(Input((3,)), Input((3,)))
    <SymbolicTensor of Maximum, shape (None, 3)>
    """
    return _combined(lambda: extreme(larger=True)(x1, x2), np.maximum, x1, x2)


def minimum(x1: Any, x2: Any) -> Any:
    """The smaller of two numbers, everywhere."""
    return _combined(lambda: extreme(larger=False)(x1, x2), np.minimum, x1, x2)


def negative(x: Any) -> Any:
    """``-x``."""
    return _combined(lambda: -x, np.negative, x)


def square(x: Any) -> Any:
    """``x ** 2``."""
    return _combined(lambda: x**2, np.square, x)


def concatenate(xs: Sequence[Any], axis: int = -1) -> Any:
    """Rows side by side; of arrays, along any axis."""
    if is_symbolic(xs):
        return layers.Concatenate(axis)(xs)
    if is_recorded(xs):
        return apply("concatenate", xs, axis)
    return tensor(np.concatenate([np.asarray(x) for x in xs], axis))


def reshape(x: Any, newshape: Sequence[int]) -> Any:
    """The same numbers in another shape, of which the first, that of the batch, is -1 where layers give them.

    >>> from fastnn.layers import Input
    >>> reshape(Input((2, 3)), (-1, 6)).shape
    (None, 6)
    """
    if is_recorded(x):
        return apply("reshape", x, newshape)
    if not is_symbolic(x):
        return tensor(np.reshape(x, newshape))
    if len(newshape) < 2 or newshape[0] not in (-1, None):
        raise ValueError(f"newshape must begin with -1, for a batch of any size, but it is {tuple(newshape)!r}")
    return layers.Reshape(tuple(newshape[1:]))(x)


def _combined(symbolic: Callable[[], Any], numeric: Callable[..., Any], *values: Any) -> Any:
    """What a graph's layer gives where a value is symbolic, or else NumPy's function of the numbers."""
    if any(map(is_symbolic, values)):
        return symbolic()
    if any(map(is_recorded, values)):
        return apply(numeric.__name__, *values)
    # Python's numbers take the type of the array beside them.
    return tensor(numeric(*(one if isinstance(one, int | float) else np.asarray(one) for one in values)))
