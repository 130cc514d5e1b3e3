"""Functions of what layers give: as far as layers compute them, those of arrays are layers in a graph, too."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from fastnn import layers
from fastnn.layers.symbolic import SymbolicTensor, is_symbolic

__all__ = ["LAYER_FUNCTIONS", "extreme"]


def _of_function(function: Callable[[Any], Any], derivative: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Each number by itself, by functions of Python."""

    def compute(x: Any) -> SymbolicTensor:
        return layers.Activation((function, derivative))(x)

    return compute


def _tensor(x: Any) -> Any:
    return getattr(x, "tensor", x)


def _exp(x: Any) -> SymbolicTensor:
    return layers.Activation("exponential")(x)


def _abs(x: Any) -> Any:
    return layers.ReLU()(x) + layers.ReLU()(-getattr(x, "tensor", x))


def _sum(x: Any, axis: Any = None, keepdims: bool = False) -> SymbolicTensor:
    """The sum of each row: the product with ones."""
    tensor = getattr(x, "tensor", x)
    if len(tensor.sample_shape) != 1 or axis not in (1, -1, (1,), (-1,), [1], [-1]) or keepdims is not True:
        raise TypeError(
            f"what layers give is summed over the numbers of a row, axis=-1 and keepdims=True, and not of shape "
            f"{tensor.shape} over axis={axis!r} with keepdims={keepdims!r}: a batch stays one"
        )
    ones = layers.Rescaling(0.0, 1.0)(tensor)
    return layers.Dot()([tensor, ones])


def _mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    total = _sum(x, axis, keepdims)
    return total / getattr(x, "tensor", x).sample_shape[0]


def extreme(larger: bool) -> Callable[[Any, Any], Any]:
    """The larger, or the smaller, of what two layers give, or of that and a number.

    >>> extreme(larger=True)(layers.Input((3,)), 0.5)
    <SymbolicTensor of Rescaling, shape (None, 3)>
    """

    def compute(x1: Any, x2: Any) -> Any:
        if is_symbolic(x1) and is_symbolic(x2):
            return (layers.Maximum if larger else layers.Minimum)()([x1, x2])
        x, number = (x1, x2) if is_symbolic(x1) else (x2, x1)
        if isinstance(number, bool) or not isinstance(number, Real):
            raise TypeError(f"what a layer gives is compared with what another gives, or with a number, not {number!r}")
        tensor = getattr(x, "tensor", x)
        # x above the number, as far as it is, and the number.
        return layers.ReLU()(tensor - number) + number if larger else number - layers.ReLU()(number - tensor)

    return compute


def _clip(x: Any, low: float, high: float) -> Any:
    return extreme(larger=False)(extreme(larger=True)(x, low), high)


# By the names of `fastnn.keras.array_functions`.
LAYER_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": _exp,
    "abs": _abs,
    "sum": _sum,
    "mean": _mean,
    "clip": _clip,
    "log": _of_function(np.log, lambda x: 1 / x),
    "sqrt": _of_function(np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "sin": _of_function(np.sin, np.cos),
    "cos": _of_function(np.cos, lambda x: -np.sin(x)),
    "square": lambda x: _tensor(x) ** 2,
    "pow": lambda x, a: _tensor(x) ** a,
    "dot": lambda x, y: _tensor(x) @ y,
    "matmul": lambda x, y: _tensor(x) @ y,
    "batch_flatten": lambda x: layers.Flatten()(x),
    "stop_gradient": lambda x: _refuse_stop(),
}


def _refuse_stop() -> Any:
    raise TypeError("gradients go through all layers of a graph: freeze layers by layer.trainable = False")
