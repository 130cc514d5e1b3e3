"""The registry of losses, and from what a user writes in ``compile(loss=...)`` to one of them."""

from typing import Any

from fastnn.losses.base import PIECES, CustomLoss, Loss
from fastnn.losses.by_sample import loss_of
from fastnn.losses.functions import built_in_loss
from fastnn.losses.kinds import CLASSES
from fastnn.registry import Registry

__all__ = ["LOSSES", "resolve"]

LOSSES: Registry[type[Loss]] = Registry("loss", "fastnn.losses.kinds", CLASSES, "an object of fastnn.losses", PIECES)


def resolve(loss: Any) -> Loss:
    """The loss that a user means: itself, one of a name, class or notebook function, or a pair of functions.

    Raises
    ------
    TypeError
        If `loss` is none of these; a Python function needs its gradient beside it.
    ValueError
        If the name is unknown; the message lists all and the nearest.

    Examples
    --------
    >>> resolve("mse")
    MeanSquaredError()
    >>> resolve("categorical_crossentrpy")
    Traceback (most recent call last):
    ValueError: loss 'categorical_crossentrpy' is unknown; did you mean 'categorical_crossentropy'? Expected ...
    """
    if isinstance(loss, Loss):
        return loss
    if isinstance(loss, str):
        return LOSSES[loss]()
    if isinstance(loss, type) and issubclass(loss, Loss) and loss not in (Loss, CustomLoss):
        return loss()
    if isinstance(loss, tuple) and len(loss) == 2:
        return CustomLoss(*loss)
    if callable(loss):
        name = loss_of(loss)
        if name is not None:
            return LOSSES[name]()
        number = built_in_loss(loss, None)
        if number is not None:
            return next(kind for kind in LOSSES if kind.engine == number)()
        raise TypeError(
            f"a loss of your own needs its gradient too: pass fastnn.losses.CustomLoss({loss!r}, its_gradient)"
        )
    raise TypeError(f"loss must be a name, an object of fastnn.losses or a pair of functions, but it is {loss!r}")
