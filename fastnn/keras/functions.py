"""Functions that Keras has for activations, losses and metrics, which a model takes in place of their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastnn.activations.registry import ACTIVATIONS
from fastnn.keras.recording.judging import values_of
from fastnn.keras.recording.recorded import Recorded, is_recorded, plain
from fastnn.keras.recording.rules import apply, known
from fastnn.keras.tensors import tensor
from fastnn.layers import Activation
from fastnn.layers.applied import AppliedActivation
from fastnn.layers.symbolic import is_symbolic
from fastnn.losses.by_sample import function_of
from fastnn.losses.names import LOSSES
from fastnn.metrics.names import METRICS

__all__ = ["ActivationFunction", "NamedFunction", "activation", "loss", "metric", "named"]


class NamedFunction:
    """A function whose name ``compile`` knows.

    Parameters
    ----------
    name : str
    compute : function
    """

    def __init__(self, name: str, compute: Callable[..., Any]) -> None:
        self.__name__ = self.__qualname__ = name
        self.__doc__ = f"Keras' function {name}, for arrays; a model takes it in place of its name."
        self._compute = compute

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """An array that has ``numpy()``; what a layer gives, where a graph is described."""
        found = self._compute(*args, **kwargs)
        return found if is_symbolic(found) or is_recorded(found) else tensor(found)

    def __repr__(self) -> str:
        return f"<function {self.__name__} of fastnn.keras>"


class ActivationFunction(NamedFunction):
    """One that layers take as their activation.

    Attributes
    ----------
    applied : AppliedActivation
        What a layer makes of it.
    """

    def __init__(self, name: str, compute: Callable[..., Any]) -> None:
        super().__init__(name, compute)
        self.applied = AppliedActivation(name, ACTIVATIONS[name].numbers)


def activation(name: str) -> ActivationFunction:
    """The function of an activation.

    >>> activation("softmax")([[0.0, 0.0]]).numpy()
    array([[0.5, 0.5]])
    """
    kind = ACTIVATIONS[name]
    of_rows = name in ("softmax", "log_softmax")

    def compute(x: Any, axis: int = -1) -> Any:
        symbolic = is_symbolic(x)
        if axis != -1 and not (of_rows and axis == (len(x.shape) if symbolic else np.ndim(x)) - 1):
            raise ValueError(
                f"{name} cannot have axis={axis!r}: it is taken along the last axis"
                if of_rows
                else f"{name} has no axis"
            )
        if symbolic:
            return Activation(AppliedActivation(name, kind.numbers))(x)
        if is_recorded(x):
            # Every activation has its derivative.
            return apply(name, x) if known(name) else _recorded(x, kind.function, kind.derivative, *kind.numbers)
        array = np.asarray(x)
        numbers = array if array.dtype.kind == "f" else array.astype(np.float64)
        return kind.function(numbers, *kind.numbers).astype(numbers.dtype)

    return ActivationFunction(name, compute)


def _recorded(x: Recorded, function: Any, derivative: Any, *numbers: float) -> Recorded:
    return Recorded(function(x.value, *numbers), ((x, lambda g: g * derivative(x.value, *numbers)),))


def loss(name: str) -> NamedFunction:
    """The function of a loss: the values of samples.

    >>> loss("mean_squared_error")([[0.0, 2.0]], [[0.0, 0.0]]).numpy()
    array([2.])
    """

    def compute(y_true: ArrayLike, y_pred: ArrayLike, **options: Any) -> Any:
        if is_recorded(y_true):
            raise TypeError(f"{name} has a gradient with respect to y_pred, and none with respect to y_true")
        if isinstance(y_pred, Recorded):
            return values_of(LOSSES[name](**options), y_true, y_pred)
        return function_of(name)(y_true, y_pred, **options)

    return NamedFunction(name, compute)


def metric(name: str) -> NamedFunction:
    """The function of a metric, over all samples.

    >>> metric("binary_accuracy")([[1], [0]], [[0.7], [0.6]]).numpy()
    array(0.5)
    """
    made = METRICS[name](name=name)
    return NamedFunction(
        name, lambda y_true, y_pred: made.compute(np.asarray(plain(y_true)), np.asarray(plain(y_pred)))
    )


def named(value: Any) -> Any:
    """The name of a function of this module; anything else as it is."""
    return value.__name__ if isinstance(value, NamedFunction) else value
