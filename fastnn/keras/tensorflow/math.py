"""TensorFlow's functions of arrays: ``tf.reduce_mean``, ``tf.where`` and their like, and ``tf.math``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastnn.keras import activations, backend
from fastnn.keras.array_functions import ARRAY_FUNCTIONS, array_function, clip_by_value
from fastnn.keras.creating import constant
from fastnn.keras.ops import add, concatenate, divide, maximum, minimum, multiply, negative, reshape, subtract
from fastnn.keras.tensors import Tensor, tensor
from fastnn.metrics.functions.confusion_matrix import confusion_matrix as confusion

__all__ = ["FUNCTIONS", "confusion_matrix"]


def _argument(name: str) -> Callable[..., Any]:
    def compute(input: Any, axis: int = 0) -> Any:
        return ARRAY_FUNCTIONS[name](input, axis)

    compute.__name__ = compute.__qualname__ = name
    compute.__doc__ = f"As NumPy's {name}, over the first axis by default, as in TensorFlow."
    return compute


def concat(values: Any, axis: int = -1) -> Any:
    """Arrays, or what layers give, side by side."""
    return concatenate(values, axis)


def linspace(start: float, stop: float, num: int) -> Tensor:
    """So many numbers at equal distances, float32."""
    return tensor(np.linspace(start, stop, int(num), dtype=np.float32))


def arange(*given: Any, delta: Any = 1, dtype: Any = None) -> Tensor:
    """Numbers of a range: TensorFlow's ``tf.range``."""
    start, limit, step = (0, given[0], delta) if len(given) == 1 else (*given[:2], *(given[2:] or (delta,)))
    found = np.arange(start, limit, step)
    return tensor(found.astype({"f": np.float32, "i": np.int32}[found.dtype.kind] if dtype is None else dtype))


def add_n(inputs: Any) -> Any:
    """The sum of a list of arrays of one shape, or of what layers give.

    >>> add_n([np.ones(2), np.ones(2)]).numpy()
    array([2., 2.])
    """
    listed = list(inputs)
    total = listed[0]
    for one in listed[1:]:
        total = add(total, one)
    return total


def norm(x: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool = False) -> Any:
    """The Euclidean norm, along an axis or of all numbers."""
    if ord not in ("euclidean", 2):
        raise ValueError(f"norm cannot have ord={ord!r} here: write numpy.linalg.norm of an array")
    squares = ARRAY_FUNCTIONS["sum"](ARRAY_FUNCTIONS["square"](x), axis=axis, keepdims=keepdims)
    return ARRAY_FUNCTIONS["sqrt"](squares)


def confusion_matrix(labels: ArrayLike, predictions: ArrayLike, num_classes: int | None = None) -> Tensor:
    """How often each class was taken for each.

    >>> confusion_matrix([0, 1, 1], [0, 1, 0]).tolist()
    [[1, 0], [1, 1]]
    """
    true, guessed = np.asarray(labels).ravel(), np.asarray(predictions).ravel()
    count = int(max(true.max(initial=0), guessed.max(initial=0))) + 1 if num_classes is None else num_classes
    return tensor(confusion(true, guessed, num_classes=count))


def _same(input: Any, name: str | None = None) -> Any:
    """What it is given."""
    return input


def _split(value: Any, num_or_size_splits: Any, axis: int = 0) -> list[Tensor]:
    """Parts of an array: so many of one size, or of these sizes."""
    at = num_or_size_splits if isinstance(num_or_size_splits, int) else np.cumsum(num_or_size_splits)[:-1]
    return [tensor(part) for part in np.split(np.asarray(value), at, axis)]


_REDUCED = ("mean", "sum", "prod", "any", "all", "max", "min", "std", "logsumexp")
_OWN_NAMES = ("abs", "exp", "sqrt", "square", "sin", "cos", "sign", "round", "floor", "where", "matmul", "transpose",
              "expand_dims", "squeeze", "stack", "cast", "zeros_like", "ones_like", "stop_gradient", "equal",
              "not_equal", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_or",
              "logical_not", "pow")  # fmt: skip
_IN_MATH = {
    "log": ARRAY_FUNCTIONS["log"],
    "log1p": ARRAY_FUNCTIONS["log1p"],
    "expm1": ARRAY_FUNCTIONS["expm1"],
    "is_nan": ARRAY_FUNCTIONS["isnan"],
    "is_finite": ARRAY_FUNCTIONS["isfinite"],
    "ceil": ARRAY_FUNCTIONS["ceil"],
    "softplus": activations.softplus,
    "l2_normalize": backend.l2_normalize,
    "confusion_matrix": confusion_matrix,
    "reduce_variance": ARRAY_FUNCTIONS["var"],
}
# By TensorFlow's names; `fastnn.keras.tensorflow` has them as its own, and this module those of ``tf.math`` beside.
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{name: ARRAY_FUNCTIONS[name] for name in _OWN_NAMES},
    **{f"reduce_{name}": ARRAY_FUNCTIONS[name] for name in _REDUCED},
    **{"add": add, "subtract": subtract, "multiply": multiply, "divide": divide, "negative": negative},
    **{"maximum": maximum, "minimum": minimum, "reshape": reshape, "concat": concat, "add_n": add_n},
    **{"argmax": _argument("argmax"), "argmin": _argument("argmin"), "clip_by_value": clip_by_value, "norm": norm},
    **{"tanh": activations.tanh, "sigmoid": activations.sigmoid, "linspace": linspace, "range": arange},
    **{"shape": backend.shape, "rank": backend.ndim, "identity": _same, "split": _split},
    "fill": lambda dims, value: constant(value, shape=dims),
    "eye": lambda num_rows: tensor(np.eye(num_rows, dtype=np.float32)),
    "tile": array_function("tile", np.tile),
    "gather": array_function("gather", lambda params, indices, axis=0: np.take(params, indices, axis)),
    "sort": array_function("sort", np.sort),
    "is_tensor": lambda x: isinstance(x, Tensor),
}


def __getattr__(name: str) -> Any:
    found = _IN_MATH.get(name) or FUNCTIONS.get(name)
    if found is None:
        raise AttributeError(f"tf.math has no {name!r} here: write NumPy's function of an array")
    return found
