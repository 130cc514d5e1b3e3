"""Losses that are functions of a user's own: their gradient comes of what they compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.keras.function_metrics import BatchMetric
from fastnn.keras.recording import judging, rules
from fastnn.keras.recording.recorded import Recorded, gradient_of
from fastnn.keras.tensors import tensor
from fastnn.losses.base import CustomLoss
from fastnn.losses.base import Loss as BaseLoss
from fastnn.losses.calling import reduced

__all__ = ["FunctionLoss", "Loss", "OwnFunction", "judging", "rules"]


class FunctionLoss(CustomLoss):
    """A loss as a function of ``(y_true, y_pred)``, whose gradient is found by going back through what it computes.

    It may use arithmetic, comparisons, parts of arrays, and the functions of ``keras.ops``, ``keras.backend``,
    ``keras.losses``, ``tf`` and NumPy whose derivatives are known (`fastnn.keras.recording.rules`). The mean of what it
    returns is minimised; ``y_true`` comes in the type of ``y_pred``.

    Parameters
    ----------
    function : callable
        It returns a number, or one for each sample, or for each output of each sample.
    name : str, optional
        By default the function's own.

    Raises
    ------
    TypeError
        When training begins, for a function that computes what has no known gradient.

    Examples
    --------
    >>> from fastnn.keras import backend as K
    >>> loss = FunctionLoss(lambda y_true, y_pred: K.mean(K.square(y_pred - y_true), axis=-1))
    >>> loss.gradient(np.array([[1.0], [2.0]]), np.array([[1.5], [2.0]]))
    array([[0.5],
           [0. ]])
    """

    def __init__(self, function: Callable[[Any, Any], Any], name: str | None = None) -> None:
        if name is None:
            name = str(getattr(function, "__name__", type(function).__name__))
        super().__init__(self._value, self._gradient, name)
        self.function = function

    def _value(self, y_true: Any, y_pred: Any) -> Any:
        found = self.function(_fitting(y_true, y_pred), tensor(y_pred))
        return _by_sample(np.asarray(found.value if isinstance(found, Recorded) else found), len(y_pred))

    def _gradient(self, y_true: Any, y_pred: Any) -> NDArray[Any]:
        begin = Recorded(y_pred)
        found = self.function(_fitting(y_true, y_pred), begin)
        if not isinstance(found, Recorded):
            raise TypeError(
                f"the loss {self.name} does not depend on y_pred, but by comparisons and roundings, which have no "
                "gradient: it cannot be trained with"
            )
        with np.errstate(all="ignore"):  # what is not finite ends the training
            gradient: NDArray[Any] = gradient_of(
                found, begin, np.full(found.shape, 1 / max(1, found.size), dtype=found.dtype)
            )
        return gradient

    def __repr__(self) -> str:
        return f"FunctionLoss({self.name})"


class Loss(FunctionLoss):
    """What a loss of a user's own derives from: its method ``call(y_true, y_pred)`` is a function as of `FunctionLoss`.

    Parameters
    ----------
    name : str, optional
        By default the class' own.
    reduction : str, default "sum_over_batch_size"
        Of a call; training takes the mean. See `fastnn.losses.Loss`.
    dtype : None
        Keras' argument, which has no other value: losses have the model's type.

    Examples
    --------
    >>> from fastnn.keras import ops
    >>> class Fourth(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return ops.mean((y_true - y_pred) ** 4, axis=-1)
    >>> Fourth()([[0.0], [0.0]], [[1.0], [2.0]])
    8.5
    """

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: None = None
    ) -> None:
        if dtype is not None:
            raise TypeError(f"a loss cannot have dtype={dtype!r}: it has the model's type, leave it out")
        call: Any = getattr(self, "call", None)
        if call is None:
            raise TypeError(f"{type(self).__name__} needs a call(self, y_true, y_pred), which gives its values")
        super().__init__(call, type(self).__name__ if name is None else name)
        # Losses of functions are made without it.
        BaseLoss.__init__(self, reduction)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """What ``call`` gives for arrays, reduced; see `fastnn.losses.Loss`."""
        pred = np.asarray(y_pred)
        values = np.asarray(self.function(_fitting(np.asarray(y_true), pred), tensor(pred)), dtype=np.float64)
        return reduced(values, sample_weight, self.reduction)


class OwnFunction:
    """A function of a user's own that a file names, which may be a loss there: its gradient is found then.

    >>> OwnFunction(max)(1, 2)
    2
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__name__ = str(getattr(function, "__name__", type(function).__name__))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    @property
    def as_loss(self) -> FunctionLoss:
        """The loss that the function is."""
        return FunctionLoss(self.function)

    def as_metric(self, name: str) -> BatchMetric:
        """The metric that the function is."""
        return BatchMetric(self.function, name)


def _fitting(y_true: Any, y_pred: Any) -> Any:
    """Targets in the type of outputs, as Keras gives them, and with their last axis of one number."""
    true = np.asarray(y_true)
    if true.dtype.kind in "fiub":
        true = true.astype(y_pred.dtype)
    if true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
        true = true[..., None]
    if true.ndim > 2 and true.size == y_pred.size and true.shape != y_pred.shape:
        raise ValueError(
            f"a loss of your own takes outputs of one axis, but the targets have shape {true.shape}: put a Flatten() "
            "at the end of the model, and give targets as rows"
        )
    return tensor(true)


def _by_sample(values: NDArray[Any], count: int) -> NDArray[Any]:
    """The mean for each of so many samples; of all where the values are none of samples."""
    if values.ndim and len(values) == count:
        means: NDArray[Any] = values.reshape(count, -1).mean(axis=1)
        return means
    return np.asarray(values.mean())
