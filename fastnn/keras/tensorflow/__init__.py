"""What scripts of dense networks take of TensorFlow: ``import fastnn.keras.tensorflow as tf``; ``tf.keras`` is ours."""

from __future__ import annotations

import contextlib
import logging
import types
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastnn import keras
from fastnn.keras import activations
from fastnn.keras.creating import constant, one_hot, ones, random_normal, random_uniform, zeros
from fastnn.keras.recording.tape import GradientTape
from fastnn.keras.session import SESSION
from fastnn.keras.tensorflow import data, math
from fastnn.keras.tensorflow.checkpoints import latest_checkpoint
from fastnn.keras.tensorflow.math import FUNCTIONS
from fastnn.keras.tensorflow.specs import TensorSpec
from fastnn.keras.tensors import Tensor, TensorShape, Variable

__all__ = [
    "GradientTape", "Tensor", "TensorShape", "TensorSpec", "Variable", "bool", "compat", "config", "constant",
    "convert_to_tensor", "data", "device", "executing_eagerly", "float16", "float32", "float64", "function",
    "get_logger", "initializers", "int32", "int64", "keras", "losses", "math", "metrics", "newaxis", "nn", "one_hot",
    "ones", "optimizers", "print", "random", "test", "train", "uint8", "zeros",
]  # fmt: skip
__all__ += [name for name in FUNCTIONS if name not in __all__]

# What is asked for most among what there is not.
_INSTEAD = {
    "distribute": "fastnn computes on the CPU: leave it out",
    "set_random_seed": "write tf.random.set_seed",
    **dict.fromkeys(("Session", "placeholder", "global_variables_initializer", "InteractiveSession", "ConfigProto"), (
        "that is TensorFlow 1: write a keras.Sequential, and fit and predict"
    )),
    "Module": "derive from keras.Model, or keras.layers.Layer",
    "lite": "write fastnn.interop.to_c(model, path)",
    "saved_model": "write model.save('model.keras')",
    "feature_column": "make numbers of the columns, such as by pandas.get_dummies, or keras.layers.StringLookup",
    "estimator": "write a keras.Sequential",
    "image": "change the pictures as arrays beforehand",
    "io": "read the file by Python",
    "strings": "change the strings beforehand",
}  # fmt: skip

__version__ = keras.__version__

float16, float32, float64, uint8 = np.float16, np.float32, np.float64, np.uint8
int8, int16, int32, int64 = np.int8, np.int16, np.int32, np.int64
bool, string, newaxis = np.bool_, np.str_, None
dtypes = types.SimpleNamespace(float32=float32, float64=float64, int32=int32, int64=int64, bool=bool)

nn = types.SimpleNamespace(**{name: getattr(activations, name) for name in activations.__all__ if name != "get"})
random = types.SimpleNamespace(set_seed=SESSION.set_random_seed, normal=random_normal, uniform=random_uniform)
train = types.SimpleNamespace(latest_checkpoint=latest_checkpoint)
losses, metrics, optimizers, initializers = keras.losses, keras.metrics, keras.optimizers, keras.initializers
convert_to_tensor = constant
print = print


def _no_devices(device_type: str | None = None) -> list[Any]:
    """The devices of a kind: none, since only the processor computes."""
    return []


_experimental = types.SimpleNamespace(list_physical_devices=_no_devices, set_memory_growth=lambda device, enable: None)
config = types.SimpleNamespace(
    list_physical_devices=_no_devices,
    list_logical_devices=_no_devices,
    set_visible_devices=lambda devices, device_type=None: None,
    run_functions_eagerly=lambda run_eagerly: None,
    experimental=_experimental,
)
test = types.SimpleNamespace(is_gpu_available=lambda *given, **options: False, gpu_device_name=lambda: "",
                             is_built_with_cuda=lambda: False)  # fmt: skip
_logging = types.SimpleNamespace(
    set_verbosity=lambda level: None, ERROR=logging.ERROR, WARN=logging.WARNING, INFO=logging.INFO, FATAL=logging.FATAL
)
compat = types.SimpleNamespace(
    v1=types.SimpleNamespace(
        logging=_logging, set_random_seed=SESSION.set_random_seed, enable_eager_execution=lambda: 0
    )
)


def get_logger() -> logging.Logger:
    """TensorFlow's logger, to which nothing is written here."""
    return logging.getLogger("tensorflow")


def executing_eagerly() -> Any:
    """True: what is called is computed at once."""
    return True


@contextlib.contextmanager
def device(name: str) -> Iterator[None]:
    """Do nothing: the processor computes, whichever device is named."""
    yield


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
    # Not as names of this module, where they would hide Python's own.
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    if name in _INSTEAD:
        raise AttributeError(f"fastnn.keras.tensorflow has no {name}: {_INSTEAD[name]}")
    raise AttributeError(
        f"fastnn.keras.tensorflow has {', '.join(sorted(__all__))}, but no {name!r}: of arrays write NumPy's function "
        "in its place, in a model a layer of keras.layers"
    )
