"""Functions of arrays by the names that Keras' backend has for them: what metrics of one's own are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from fastnn.keras.tensors import Tensor, tensor
from fastnn.layers.symbolic import is_symbolic

__all__ = ["ARRAY_FUNCTIONS", "argmax", "cast", "clip", "flatten"]


def _of_arrays(name: str, function: Callable[..., Any], places: int = 1) -> Callable[..., Any]:
    """A function whose first arguments are arrays; of symbolic tensors it is refused."""

    def compute(*given: Any, **options: Any) -> Tensor:
        if any(map(is_symbolic, given[:places])):
            raise TypeError(
                f"{name} is a function of arrays, and no layer computes it of what layers give: see keras.ops and "
                "keras.layers for what there is"
            )
        return tensor(function(*map(np.asarray, given[:places]), *given[places:], **options))

    compute.__name__ = compute.__qualname__ = name
    compute.__doc__ = f"Keras' function {name}, of arrays."
    compute.__module__ = "fastnn.keras.backend"
    return compute


def _over(function: Callable[..., Any]) -> Callable[..., Any]:
    def compute(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return function(x, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)

    return compute


def _clip(x: Any, min_value: float, max_value: float) -> Any:
    return np.clip(x, min_value, max_value)


def _cast(x: Any, dtype: DTypeLike) -> Any:
    return x.astype(dtype)


def _argmax(x: Any, axis: int = -1) -> Any:
    return x.argmax(axis=axis)


def _sqrt(x: Any) -> Any:
    # As Keras 2 has it: of what roundings have left below 0, the root is 0.
    return np.sqrt(np.maximum(x, 0))


clip, cast = _of_arrays("clip", _clip), _of_arrays("cast", _cast)
argmax, flatten = _of_arrays("argmax", _argmax), _of_arrays("flatten", np.ravel)

# What takes an array, and what takes two.
ARRAY_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{
        name: _of_arrays(name, _over(getattr(np, name))) for name in ("mean", "sum", "prod", "any", "all", "std", "var")
    },
    **{name: _of_arrays(name, _over(getattr(np, name))) for name in ("max", "min")},
    **{name: _of_arrays(name, getattr(np, name)) for name in ("abs", "square", "exp", "log", "sign", "round")},
    "sqrt": _of_arrays("sqrt", _sqrt),
    **{
        name: _of_arrays(name, getattr(np, name), 2)
        for name in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "maximum", "minimum")
    },
    "pow": _of_arrays("pow", np.power),
    "dot": _of_arrays("dot", np.matmul, 2),
    "clip": clip,
    "cast": cast,
    "argmax": argmax,
    "flatten": flatten,
}
