"""What scripts of dense networks take of TensorFlow: ``import fastnn.keras.tensorflow as tf``; ``tf.keras`` is ours."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from fastnn import keras
from fastnn.keras import activations
from fastnn.keras.array_functions import ARRAY_FUNCTIONS
from fastnn.keras.ops import add, concatenate, divide, maximum, minimum, multiply, negative, reshape, square, subtract
from fastnn.keras.session import SESSION
from fastnn.keras.tensors import tensor

__all__ = [
    "add", "argmax", "cast", "concat", "constant", "convert_to_tensor", "divide", "float32", "float64", "function",
    "int32", "int64", "keras", "maximum", "minimum", "multiply", "negative", "nn", "random", "reduce_max",
    "reduce_mean", "reduce_min", "reduce_sum", "reshape", "sqrt", "square", "subtract",
]  # fmt: skip

# What is asked for most among what there is not.
_INSTEAD = {
    "data": "pass arrays to fit, which shuffles them and takes batches of batch_size by itself",
    "GradientTape": "write a loop of model.train_on_batch, or of model.gradients and model.apply_gradients",
    "Variable": "write a Dense, whose kernel and bias are its weights",
    "config": "fastnn computes on the CPU: leave it out",
    "distribute": "fastnn computes on the CPU: leave it out",
    "compat": "write what TensorFlow 2 has, such as tf.random.set_seed",
    "math": "write NumPy's function, or fastnn.metrics.confusion_matrix",
    "set_random_seed": "write tf.random.set_seed",
}

__version__ = keras.__version__

float32, float64, int32, int64 = np.float32, np.float64, np.int32, np.int64

nn = types.SimpleNamespace(**{name: getattr(activations, name) for name in activations.__all__ if name != "get"})
random = types.SimpleNamespace(set_seed=SESSION.set_random_seed)


def constant(value: Any, dtype: Any = None) -> Any:
    """An array that has ``numpy()``; Python's floats are float32, as in TensorFlow."""
    array = np.asarray(value, dtype=dtype)
    return tensor(array.astype(np.float32) if dtype is None and array.dtype == np.float64 else array)


convert_to_tensor = constant
concat = concatenate
cast, sqrt = ARRAY_FUNCTIONS["cast"], ARRAY_FUNCTIONS["sqrt"]
reduce_mean, reduce_sum = ARRAY_FUNCTIONS["mean"], ARRAY_FUNCTIONS["sum"]
reduce_max, reduce_min = ARRAY_FUNCTIONS["max"], ARRAY_FUNCTIONS["min"]


def argmax(input: Any, axis: int = 0) -> Any:
    """The places of the largest numbers of an array, over its first axis by default, as in TensorFlow."""
    return ARRAY_FUNCTIONS["argmax"](input, axis)


def function(func: Any = None, **options: Any) -> Any:
    """Decorate a function, which stays as it is: TensorFlow's says how to compute, not what.

    >>> @function
    ... def double(x):
    ...     return 2 * x
    >>> double(3)
    6
    """
    unknown = options.keys() - {"jit_compile", "reduce_retracing", "autograph", "experimental_relax_shapes"}
    if unknown:
        raise TypeError(f"tf.function has no argument {sorted(unknown)[0]!r} here: leave it out")
    return func if func is not None else lambda decorated: decorated


def __getattr__(name: str) -> Any:
    if name in _INSTEAD:
        raise AttributeError(f"fastnn.keras.tensorflow has no {name}: {_INSTEAD[name]}")
    raise AttributeError(
        f"fastnn.keras.tensorflow has {', '.join(__all__)}, but no {name!r}: of arrays write NumPy's function in its "
        "place, in a model a layer of keras.layers"
    )
