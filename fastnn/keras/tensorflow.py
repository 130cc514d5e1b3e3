"""What scripts of dense networks take of TensorFlow: ``import fastnn.keras.tensorflow as tf``; ``tf.keras`` is ours."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from fastnn import keras
from fastnn.keras import activations
from fastnn.keras.session import SESSION
from fastnn.keras.tensors import tensor

__all__ = ["constant", "convert_to_tensor", "float32", "float64", "int32", "int64", "keras", "nn", "random"]

__version__ = keras.__version__

float32, float64, int32, int64 = np.float32, np.float64, np.int32, np.int64

nn = types.SimpleNamespace(**{name: getattr(activations, name) for name in activations.__all__ if name != "get"})
random = types.SimpleNamespace(set_seed=SESSION.set_random_seed)


def constant(value: Any, dtype: Any = None) -> Any:
    """An array that has ``numpy()``; Python's floats are float32, as in TensorFlow."""
    array = np.asarray(value, dtype=dtype)
    return tensor(array.astype(np.float32) if dtype is None and array.dtype == np.float64 else array)


convert_to_tensor = constant


def __getattr__(name: str) -> Any:
    raise AttributeError(
        f"fastnn.keras.tensorflow has {', '.join(__all__)}, but no {name!r}: write NumPy's function in its place"
    )
