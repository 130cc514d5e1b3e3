"""Keras' ``keras.backend``: what models begin with, and functions of arrays for losses and metrics of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.keras import activations, creating
from fastnn.keras.array_functions import ARRAY_FUNCTIONS
from fastnn.keras.functional import Model
from fastnn.keras.ops import concatenate, maximum, minimum, reshape
from fastnn.keras.recording.recorded import is_recorded
from fastnn.keras.session import SESSION
from fastnn.keras.tensors import Tensor, TensorShape, Variable, tensor
from fastnn.keras.translating import attributes
from fastnn.layers.symbolic import is_symbolic

__all__ = [
    "backend", "binary_crossentropy", "cast_to_floatx", "categorical_crossentropy", "clear_session", "clip", "constant",
    "elu", "epsilon", "eval", "exp", "floatx", "function", "get_value", "image_data_format", "int_shape",
    "l2_normalize", "learning_phase", "maximum", "minimum", "ndim", "ones", "permute_dimensions", "random_normal",
    "random_uniform", "relu", "reshape", "set_floatx", "set_image_data_format", "set_value", "shape", "sigmoid",
    "softmax", "softplus", "switch", "tanh", "variable", "zeros",
]  # fmt: skip
__all__ += [name for name in ARRAY_FUNCTIONS if name not in __all__] + ["concatenate"]

elu, relu, sigmoid = activations.elu, activations.relu, activations.sigmoid
softmax, softplus, tanh = activations.softmax, activations.softplus, activations.tanh
constant, ones, zeros = creating.constant, creating.ones, creating.zeros
random_normal, random_uniform = creating.random_normal, creating.random_uniform
clip, exp = ARRAY_FUNCTIONS["clip"], ARRAY_FUNCTIONS["exp"]

_missing = attributes(__name__)


def __getattr__(name: str) -> Any:
    # Not as names of this module, where they would hide Python's own.
    if name == "eval":
        return get_value
    return ARRAY_FUNCTIONS[name] if name in ARRAY_FUNCTIONS else _missing(name)


def clear_session() -> None:
    """Do nothing: a model is freed with its last reference, and the names of layers are counted in each model."""


def backend() -> str:
    """What computes: ``"fastnn"``."""
    return "fastnn"


def floatx() -> str:
    """The type of new models' numbers: ``"float32"``, or ``"float64"``."""
    return SESSION.floatx


def set_floatx(value: Any) -> None:
    """Choose the type of the numbers of models that are made from now on, ``"float32"`` or ``"float64"``."""
    SESSION.set_floatx(value)


def cast_to_floatx(x: ArrayLike) -> NDArray[Any]:
    """An array in the type of new models' numbers."""
    return np.asarray(x, dtype=SESSION.floatx)


def epsilon() -> float:
    """Keras' small number, 1e-7. fastnn's losses and optimisers have numbers of their own."""
    return 1e-7


def image_data_format() -> str:
    """``"channels_last"``: pictures are taken as they lie."""
    return "channels_last"


def set_image_data_format(data_format: str) -> None:
    """Take ``"channels_last"`` alone; ValueError for anything else."""
    if data_format not in ("channels_last", "tf"):
        raise ValueError(f"pictures are taken as they lie, channels_last, and not {data_format!r}")


def learning_phase() -> int:
    """0, for prediction: dropout and its like act in training by themselves."""
    return 0


def get_value(x: Any) -> NDArray[Any]:
    """The numbers of a layer's array, a rate or what a model gives, as an array; ``eval`` is another name of it.

    >>> get_value(3.0)
    array(3.)
    """
    return np.array(x.numpy() if hasattr(x, "numpy") else x)


def set_value(x: Any, value: Any) -> None:
    """Give a layer's array, or ``model.optimizer.learning_rate``, other numbers; TypeError for what has no assign.

    >>> from fastnn.keras.optimizers import Adam
    >>> optimizer = Adam()
    >>> set_value(optimizer.learning_rate, 0.5)
    >>> optimizer.learning_rate
    0.5
    """
    if not hasattr(x, "assign"):
        raise TypeError(f"set_value is for arrays of layers and a learning_rate, but this is a {type(x).__name__}")
    x.assign(value)


def variable(value: ArrayLike, dtype: Any = None, name: str | None = None) -> Variable:
    """An array whose numbers are assigned, which no model trains."""
    return np.array(value, dtype=SESSION.floatx if dtype is None else dtype).view(Variable)


def int_shape(x: Any) -> tuple[int | None, ...]:
    """The shape of an array, or of what a layer gives, whose first size is None.

    >>> from fastnn.layers import Input
    >>> int_shape(Input((3,))), int_shape(np.ones((2, 4)))
    ((None, 3), (2, 4))
    """
    return tuple(getattr(x, "tensor", x).shape)


def shape(x: Any) -> Tensor | TensorShape:
    """The shape of an array, as an array; of what a layer gives as `int_shape`."""
    found = int_shape(x)
    known = [size for size in found if size is not None]
    return TensorShape(found) if len(known) < len(found) else tensor(np.array(known, dtype=np.int32))


def ndim(x: Any) -> int:
    """The number of axes."""
    return len(int_shape(x))


def permute_dimensions(x: Any, pattern: Sequence[int]) -> Any:
    """An array with its axes in another order."""
    return ARRAY_FUNCTIONS["transpose"](x, pattern)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """The one where a condition holds, the other elsewhere: arrays, or functions without arguments."""
    chosen = [one() if callable(one) and not is_recorded(one) else one for one in (then_expression, else_expression)]
    return ARRAY_FUNCTIONS["where"](condition, *chosen)


def l2_normalize(x: Any, axis: int | None = None) -> Any:
    """An array divided by its Euclidean norm along an axis."""
    squares = ARRAY_FUNCTIONS["sum"](ARRAY_FUNCTIONS["square"](x), axis=axis, keepdims=True)
    return x / ARRAY_FUNCTIONS["sqrt"](maximum(squares, 1e-12))


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """The cross-entropy of each number, without a mean."""
    probability = sigmoid(output) if from_logits else output
    kept = clip(probability, 1e-7, 1 - 1e-7)
    log = ARRAY_FUNCTIONS["log"]
    return -(target * log(kept) + (1 - target) * log(1 - kept))


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """The cross-entropy of each row."""
    total = ARRAY_FUNCTIONS["sum"]
    shares = softmax(output) if from_logits else output / total(output, axis=axis, keepdims=True)
    return -total(target * ARRAY_FUNCTIONS["log"](clip(shares, 1e-7, 1 - 1e-7)), axis=axis)


def function(inputs: Any, outputs: Any) -> Callable[[Any], Any]:
    """A function from data of inputs to outputs, such as ``layer.output``: symbolic tensors, or lists of them.

    `learning_phase` among the inputs is the phase of prediction, 0.

    >>> from fastnn.keras import Sequential, layers
    >>> model = Sequential([layers.Dense(3, input_dim=2), layers.Dense(1)])
    >>> first = function([model.input], [model.layers[0].output])
    >>> first([np.ones((5, 2))])[0].shape
    (5, 3)
    """
    given = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    several = isinstance(outputs, list | tuple)
    kept = [place for place, one in enumerate(given) if is_symbolic(one)]
    model = Model([given[place] for place in kept], list(outputs) if several else [outputs])

    def compute(data: Any) -> Any:
        listed = list(data) if isinstance(data, list | tuple) else [data]
        for place, one in enumerate(listed):
            if place not in kept and one not in (0, False):
                raise ValueError("the learning phase can be 0 alone, as fastnn predicts here: fit trains a model")
        found = model.predict([one for place, one in enumerate(listed) if place in kept])
        found = found if isinstance(found, list) else [found]
        return found if several else found[0]

    return compute
