"""Functions of arrays by the names that Keras' backend has for them: what losses and metrics of one's own are made of.

Each takes plain arrays, and recorded ones, whose gradient is asked for; of symbolic tensors a few are layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fastnn.keras.layer_functions import LAYER_FUNCTIONS
from fastnn.keras.recording.recorded import is_recorded
from fastnn.keras.recording.rules import apply
from fastnn.keras.tensors import tensor
from fastnn.layers.symbolic import is_symbolic

__all__ = ["ARRAY_FUNCTIONS", "argmax", "array_function", "cast", "clip", "flatten"]


def array_function(
    name: str,
    function: Callable[..., Any],
    places: int = 1,
    *,
    rule: str | None = None,
    symbolic: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """A function whose first arguments are arrays, as a user calls it.

    Parameters
    ----------
    name : str
        What messages call it.
    function : callable
        Of NumPy's arrays.
    places : int, default 1
        How many arguments are arrays.
    rule : str, optional
        The rule of its gradient, by default that of its name; see `fastnn.keras.recording.rules`.
    symbolic : callable, optional
        What it is of symbolic tensors, by default what `fastnn.keras.layer_functions` has of its name; without either
        they are refused.

    Examples
    --------
    >>> array_function("square", np.square)([3.0]).numpy()
    array([9.])
    """

    def compute(*given: Any, **options: Any) -> Any:
        arrays = given[:places]
        if any(map(is_symbolic, arrays)):
            of_layers = symbolic or LAYER_FUNCTIONS.get(name)
            if of_layers is not None:
                return of_layers(*given, **options)
            raise TypeError(
                f"{name} is a function of arrays, and no layer computes it of what layers give: see keras.ops and "
                "keras.layers for what there is"
            )
        if any(map(is_recorded, given)):
            return apply(rule or name, *given, **options)
        # Python's numbers take the type of the array beside them.
        found = [one if isinstance(one, int | float) and places > 1 else np.asarray(one) for one in arrays]
        return tensor(function(*found, *given[places:], **options))

    compute.__name__ = compute.__qualname__ = name
    compute.__doc__ = f"Keras' function {name}, of arrays."
    compute.__module__ = "fastnn.keras.backend"
    return compute


def _over(function: Callable[..., Any]) -> Callable[..., Any]:
    def compute(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return function(x, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)

    return compute


def _clip(x: Any, low: Any, high: Any) -> Any:
    return np.clip(x, low, high)


def _cast(x: Any, dtype: Any) -> Any:
    return x.astype(np.dtype(dtype))


def _argmax(x: Any, axis: int | None = -1) -> Any:
    return x.argmax(axis=axis)


def _argmin(x: Any, axis: int | None = -1) -> Any:
    return x.argmin(axis=axis)


def _sqrt(x: Any) -> Any:
    # As Keras 2 has it: of what roundings have left below 0, the root is 0.
    return np.sqrt(np.maximum(x, 0))


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    top = np.max(x, axis=axis, keepdims=True)
    whole = np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top
    return whole if keepdims else np.squeeze(whole, axis)


def _expand_dims(x: Any, axis: int = -1) -> Any:
    return np.expand_dims(x, axis)


def _stop_gradient(x: Any) -> Any:
    return x


def _same(x: Any, dtype: Any) -> Any:
    """A cast of what layers give, which are numbers of the model's type already."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"what layers give cannot be cast to {np.dtype(dtype)}: it stays real numbers")
    return x


def _named(first: str, second: str, compute: Callable[..., Any]) -> Callable[..., Any]:
    """``clip`` with its limits by the names that each place has for them."""

    def clip(x: Any, *limits: Any, **named: Any) -> Any:
        given = dict(zip((first, second), limits, strict=False)) | named
        if given.keys() != {first, second}:
            raise TypeError(f"clip takes an array, {first} and {second}, but {sorted(given)} came")
        return compute(x, given[first], given[second])

    clip.__doc__ = "Numbers kept within limits."
    return clip


_clipped = array_function("clip", _clip)
clip = _named("min_value", "max_value", _clipped)
clip_of_ops = _named("x_min", "x_max", _clipped)
clip_by_value = _named("clip_value_min", "clip_value_max", _clipped)
cast = array_function("cast", _cast, symbolic=_same)
argmax, flatten = array_function("argmax", _argmax), array_function("flatten", np.ravel)

_REDUCTIONS = ("mean", "sum", "prod", "any", "all", "std", "var", "max", "min")
_SINGLE = ("abs", "exp", "expm1", "log", "log1p", "sin", "cos", "sign", "floor", "ceil", "isnan", "isfinite")
_PAIRS = ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_or")

# By Keras' names.
ARRAY_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{name: array_function(name, _over(getattr(np, name))) for name in _REDUCTIONS},
    **{name: array_function(name, getattr(np, name)) for name in _SINGLE},
    **{name: array_function(name, getattr(np, name), 2) for name in _PAIRS},
    "round": array_function("round", np.round),
    "logical_not": array_function("logical_not", np.logical_not),
    "square": array_function("square", np.square),
    "sqrt": array_function("sqrt", _sqrt),
    "logsumexp": array_function("logsumexp", _logsumexp),
    "pow": array_function("pow", np.power, 2, rule="power"),
    "dot": array_function("dot", np.matmul, 2, rule="matmul"),
    "matmul": array_function("matmul", np.matmul, 2),
    "transpose": array_function("transpose", np.transpose),
    "expand_dims": array_function("expand_dims", _expand_dims),
    "squeeze": array_function("squeeze", np.squeeze),
    "zeros_like": array_function("zeros_like", np.zeros_like),
    "ones_like": array_function("ones_like", np.ones_like),
    "stop_gradient": array_function("stop_gradient", _stop_gradient),
    "batch_flatten": array_function("batch_flatten", lambda x: np.reshape(x, (len(x), -1))),
    "where": array_function("where", np.where, 3),
    "stack": array_function("stack", np.stack),
    "clip": clip,
    "cast": cast,
    "argmax": argmax,
    "argmin": array_function("argmin", _argmin),
    "flatten": flatten,
}
