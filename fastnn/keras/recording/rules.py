"""What functions of recorded arrays compute, and how gradients go back through each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastnn.keras.recording.recorded import Recorded, plain

__all__ = ["apply", "known"]

# A value, and for each array that came what makes, of the gradient with respect to the value, that with respect to it.
Ruled = tuple[Any, tuple[Callable[[Any], Any], ...]]


def apply(name: str, *given: Any, **options: Any) -> Any:
    """A function of arrays of which one is recorded; the result is so, where it has a gradient.

    Raises
    ------
    TypeError
        For a function that has no rule.

    Examples
    --------
    >>> apply("square", Recorded(np.array([3.0]))).value
    array([9.])
    """
    if name in _WITHOUT:
        return _WITHOUT[name](*map(plain, given), **options)
    if name not in _RULES:
        raise TypeError(
            f"the gradient of {name} is not known: write it with keras.ops, keras.backend or tf functions that have "
            "one, or give the gradient yourself, fastnn.losses.CustomLoss(value, gradient)"
        )
    if name in _OF_LISTS:
        arrays, rest = list(given[0]), given[1:]
        value, backs = _RULES[name]([plain(one) for one in arrays], *rest, **options)
    else:
        arrays = list(given)
        value, backs = _RULES[name](*map(plain, given), **options)
    sources = tuple((one, back) for one, back in zip(arrays, backs, strict=False) if isinstance(one, Recorded))
    return Recorded(value, sources)


def known(name: str) -> bool:
    """Whether the function has a rule, or needs none."""
    return name in _RULES or name in _WITHOUT


def _to(shape: Sequence[int], gradient: Any) -> Any:
    """A gradient summed over what broadcasting repeated."""
    gradient = np.asarray(gradient)
    extra = gradient.ndim - len(shape)
    if extra:
        gradient = gradient.sum(axis=tuple(range(extra)))
    once = tuple(axis for axis, size in enumerate(shape) if size == 1 and gradient.shape[axis] != 1)
    return gradient.sum(axis=once, keepdims=True) if once else gradient


def _single(function: Callable[[Any], Any], slope: Callable[[Any, Any], Any]) -> Callable[..., Ruled]:
    """Of each number by itself; the slope is a function of the number and its value."""

    def rule(x: Any) -> Ruled:
        value = function(x)
        return value, (lambda g: g * slope(x, value),)

    return rule


def _pair(function: Callable[..., Any], first: Callable[..., Any], second: Callable[..., Any]) -> Callable[..., Ruled]:
    """Of pairs of numbers; the slopes are functions of the two and their value."""

    def rule(x: Any, y: Any) -> Ruled:
        value = function(x, y)
        return value, (
            lambda g: _to(np.shape(x), g * first(x, y, value)),
            lambda g: _to(np.shape(y), g * second(x, y, value)),
        )

    return rule


def _share(x: Any, y: Any, value: Any) -> Any:
    """1 where the first is the value, and half where both are, as Keras has it over JAX."""
    return np.where(x == value, np.where(y == value, 0.5, 1.0), 0.0)


def _sigmoid(x: Any) -> Any:
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    return tuple(one % ndim for one in (axis if isinstance(axis, list | tuple) else (axis,)))


def _spread(gradient: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """What came of numbers along axes, at the place of each of them."""
    if not keepdims:
        gradient = np.expand_dims(gradient, _axes(axis, np.ndim(x)))
    return np.broadcast_to(gradient, np.shape(x))


def _sum(x: Any, axis: Any = None, keepdims: bool = False) -> Ruled:
    axis = _axes(axis, x.ndim)
    return x.sum(axis=axis, keepdims=keepdims), (lambda g: _spread(g, x, axis, keepdims),)


def _mean(x: Any, axis: Any = None, keepdims: bool = False) -> Ruled:
    axis = _axes(axis, x.ndim)
    value = x.mean(axis=axis, keepdims=keepdims)
    share = value.size / max(1, x.size)
    return value, (lambda g: _spread(g, x, axis, keepdims) * x.dtype.type(share),)


def _extreme(function: Callable[..., Any]) -> Callable[..., Ruled]:
    def rule(x: Any, axis: Any = None, keepdims: bool = False) -> Ruled:
        axis = _axes(axis, x.ndim)
        value = function(x, axis=axis, keepdims=keepdims)
        there = x == function(x, axis=axis, keepdims=True)
        # Equals share it.
        share = there / there.sum(axis=axis, keepdims=True)
        return value, (lambda g: _spread(g, x, axis, keepdims) * share.astype(x.dtype),)

    return rule


def _var(x: Any, axis: Any = None, keepdims: bool = False) -> Ruled:
    axis = _axes(axis, x.ndim)
    value, apart = x.var(axis=axis, keepdims=keepdims), x - x.mean(axis=axis, keepdims=True)
    share = x.dtype.type(2 * value.size / max(1, x.size))
    return value, (lambda g: _spread(g, x, axis, keepdims) * apart * share,)


def _std(x: Any, axis: Any = None, keepdims: bool = False) -> Ruled:
    variance, (back,) = _var(x, axis, keepdims)
    value = np.sqrt(variance)
    return value, (lambda g: back(g / (2 * value)),)


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Ruled:
    axis = _axes(axis, x.ndim)
    top = x.max(axis=axis, keepdims=True)
    whole = np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top
    value = whole if keepdims else whole.squeeze(axis)
    return value, (lambda g: _spread(g, x, axis, keepdims) * np.exp(x - whole),)


def _softmax(x: Any, axis: int = -1) -> Ruled:
    raised = np.exp(x - x.max(axis=axis, keepdims=True))
    value = raised / raised.sum(axis=axis, keepdims=True)
    return value, (lambda g: value * (g - (g * value).sum(axis=axis, keepdims=True)),)


def _log_softmax(x: Any, axis: int = -1) -> Ruled:
    below = x - x.max(axis=axis, keepdims=True)
    value = below - np.log(np.exp(below).sum(axis=axis, keepdims=True))
    return value, (lambda g: g - np.exp(value) * g.sum(axis=axis, keepdims=True),)


def _power(x: Any, y: Any) -> Ruled:
    value = np.power(x, y)

    def of_exponent(g: Any) -> Any:
        return _to(np.shape(y), g * value * np.log(np.where(x > 0, x, 1)))

    return value, (lambda g: _to(np.shape(x), g * y * np.power(x, y - 1)), of_exponent)


def _matmul(x: Any, y: Any) -> Ruled:
    if np.ndim(x) != 2 or np.ndim(y) != 2:
        raise TypeError(f"matmul has a gradient for two matrices, but the shapes are {np.shape(x)} and {np.shape(y)}")
    return x @ y, (lambda g: g @ np.transpose(y), lambda g: np.transpose(x) @ g)


def _where(condition: Any, x: Any, y: Any) -> Ruled:
    held = np.asarray(condition)
    return np.where(held, x, y), (
        lambda g: np.zeros_like(held),
        lambda g: _to(np.shape(x), np.where(held, g, 0)),
        lambda g: _to(np.shape(y), np.where(held, 0, g)),
    )


def _clip(x: Any, low: Any, high: Any) -> Ruled:
    above = np.maximum(x, low)
    value = np.minimum(above, high)
    return value, (lambda g: g * (_share(above, high, value) * _share(x, low, above)).astype(x.dtype),)


def _reshape(x: Any, shape: Any) -> Ruled:
    return np.reshape(x, shape), (lambda g: np.reshape(g, x.shape),)


def _transpose(x: Any, axes: Any = None) -> Ruled:
    back = None if axes is None else np.argsort(axes)
    return np.transpose(x, axes), (lambda g: np.transpose(g, back),)


def _expand_dims(x: Any, axis: Any = -1) -> Ruled:
    return np.expand_dims(x, axis), (lambda g: np.reshape(g, x.shape),)


def _squeeze(x: Any, axis: Any = None) -> Ruled:
    return np.squeeze(x, axis), (lambda g: np.reshape(g, x.shape),)


def _cast(x: Any, dtype: Any) -> Ruled:
    value = x.astype(dtype)
    # Whole numbers change by jumps.
    return value, (lambda g: g.astype(x.dtype) if value.dtype.kind == "f" else np.zeros_like(x),)


def _getitem(x: Any, place: Any) -> Ruled:
    def back(g: Any) -> Any:
        whole = np.zeros_like(x)
        np.add.at(whole, place, g)
        return whole

    return x[place], (back,)


def _concatenate(arrays: list[Any], axis: int = -1) -> Ruled:
    ends = np.cumsum([np.shape(one)[axis] for one in arrays])[:-1]
    backs = [lambda g, number=number: np.split(g, ends, axis)[number] for number in range(len(arrays))]
    return np.concatenate(arrays, axis), tuple(backs)


def _stack(arrays: list[Any], axis: int = 0) -> Ruled:
    backs = [lambda g, number=number: np.take(g, number, axis) for number in range(len(arrays))]
    return np.stack(arrays, axis), tuple(backs)


_OF_LISTS = {"concatenate", "stack"}
_RULES: dict[str, Callable[..., Ruled]] = {
    "abs": _single(np.abs, lambda x, y: np.sign(x)),
    "negative": _single(np.negative, lambda x, y: -1),
    "square": _single(np.square, lambda x, y: 2 * x),
    "sqrt": _single(lambda x: np.sqrt(np.maximum(x, 0)), lambda x, y: 0.5 / y),
    "exp": _single(np.exp, lambda x, y: y),
    "expm1": _single(np.expm1, lambda x, y: y + 1),
    "log": _single(np.log, lambda x, y: 1 / x),
    "log1p": _single(np.log1p, lambda x, y: 1 / (1 + x)),
    "sin": _single(np.sin, lambda x, y: np.cos(x)),
    "cos": _single(np.cos, lambda x, y: -np.sin(x)),
    "tanh": _single(np.tanh, lambda x, y: 1 - y * y),
    "sigmoid": _single(_sigmoid, lambda x, y: y * (1 - y)),
    "relu": _single(lambda x: np.maximum(x, 0), lambda x, y: x > 0),
    "softplus": _single(lambda x: np.logaddexp(x, 0).astype(x.dtype), lambda x, y: _sigmoid(x)),
    "add": _pair(np.add, lambda x, y, v: 1, lambda x, y, v: 1),
    "subtract": _pair(np.subtract, lambda x, y, v: 1, lambda x, y, v: -1),
    "multiply": _pair(np.multiply, lambda x, y, v: y, lambda x, y, v: x),
    "divide": _pair(np.divide, lambda x, y, v: 1 / y, lambda x, y, v: -v / y),
    "maximum": _pair(np.maximum, _share, lambda x, y, v: _share(y, x, v)),
    "minimum": _pair(np.minimum, _share, lambda x, y, v: _share(y, x, v)),
    **{"power": _power, "matmul": _matmul, "where": _where, "clip": _clip},
    **{"sum": _sum, "mean": _mean, "var": _var, "std": _std, "logsumexp": _logsumexp},
    **{"max": _extreme(np.max), "min": _extreme(np.min), "softmax": _softmax, "log_softmax": _log_softmax},
    **{"reshape": _reshape, "transpose": _transpose, "expand_dims": _expand_dims, "squeeze": _squeeze},
    **{"cast": _cast, "getitem": _getitem, "concatenate": _concatenate, "stack": _stack},
    "flatten": lambda x: _reshape(x, (-1,)),
    "batch_flatten": lambda x: _reshape(x, (len(x), -1)),
}
# What changes by jumps or not at all, and so has no gradient.
_WITHOUT: dict[str, Callable[..., Any]] = {
    **{name: getattr(np, name) for name in ("sign", "round", "floor", "ceil", "isnan", "isfinite", "shape", "ndim")},
    **{name: getattr(np, name) for name in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal")},
    **{name: getattr(np, name) for name in ("zeros_like", "ones_like", "argmax", "argmin", "any", "all")},
    **{name: getattr(np, name) for name in ("logical_and", "logical_or", "logical_not")},
    "stop_gradient": lambda x: x,
}

Recorded.apply = staticmethod(apply)
