"""The losses as functions that give the loss of every sample: ``fastnn.losses.mean_squared_error`` and all others.

Each is the call of the class of its name with ``reduction="none"``, and takes that class' options behind the arrays.
"""

from __future__ import annotations

import functools
import importlib
from typing import Any

from numpy.typing import ArrayLike

from fastnn.losses.kinds import CLASSES

__all__ = ["SampleLoss", "function_of", "loss_of"]


class SampleLoss:
    """The function of a loss: ``(y_true, y_pred, *options)`` gives an array with a value for each row of outputs.

    Parameters
    ----------
    name : str
        The loss'.

    Examples
    --------
    >>> from fastnn.losses import huber, mean_squared_error
    >>> mean_squared_error([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 2.0]])
    array([0.5, 2. ])
    >>> huber([[0.0]], [[3.0]], delta=2.0)
    array([4.])
    """

    def __init__(self, name: str) -> None:
        self.__name__ = self.__qualname__ = name
        self.__module__ = "fastnn.losses"
        self.__doc__ = (
            f"The loss of each row of outputs: `{CLASSES[name]}`, whose options follow, without the mean of samples."
        )

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, *options: Any, **named: Any) -> Any:
        """The loss of each row of ``y_pred``; errors are those of the class."""
        name = self.__name__
        kind = getattr(importlib.import_module(f"fastnn.losses.kinds.{name}"), CLASSES[name])
        if "reduction" in named:
            raise TypeError(f"{name} gives a value for each sample: for another reduction call {kind.__name__}(...)")
        return kind(*options, **named, reduction="none")(y_true, y_pred)

    def __reduce__(self) -> tuple[Any, ...]:
        return function_of, (self.__name__,)

    def __repr__(self) -> str:
        return f"<function fastnn.losses.{self.__name__}>"


@functools.cache
def function_of(name: str) -> SampleLoss:
    """The function of a loss by its name: the same object at each call."""
    return SampleLoss(name)


def loss_of(function: object) -> str | None:
    """The name of the loss whose function this is; None of any other.

    >>> from fastnn.losses import poisson
    >>> loss_of(poisson), loss_of(len)
    ('poisson', None)
    """
    return function.__name__ if isinstance(function, SampleLoss) else None
