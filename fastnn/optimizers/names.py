"""The registry of optimisers, and from what a user writes in ``compile(optimizer=...)`` to one of them."""

from fastnn.optimizers import CLASSES
from fastnn.optimizers.base import PIECES, Optimizer
from fastnn.registry import Registry

__all__ = ["OPTIMIZERS", "resolve"]

OPTIMIZERS: Registry[type[Optimizer]] = Registry(
    "optimizer", "fastnn.optimizers", CLASSES, "an object of fastnn.optimizers", PIECES
)


def resolve(optimizer: str | Optimizer | type[Optimizer]) -> Optimizer:
    """The optimiser that a user means: itself, or a new one of a name or class with its defaults.

    Raises
    ------
    TypeError
        If `optimizer` is none of these.
    ValueError
        If the name is unknown; the message lists all and the nearest.

    Examples
    --------
    >>> resolve("SGD").learning_rate
    0.01
    >>> resolve("adma")
    Traceback (most recent call last):
    ValueError: optimizer 'adma' is unknown; did you mean 'adam'? Expected one of sgd, adagrad, ...
    """
    if isinstance(optimizer, str):
        return OPTIMIZERS[optimizer]()
    if isinstance(optimizer, type) and issubclass(optimizer, Optimizer) and optimizer is not Optimizer:
        return optimizer()
    if not isinstance(optimizer, Optimizer) or type(optimizer) is Optimizer:
        raise TypeError(
            f"optimizer must be a name or an object of fastnn.optimizers, such as Adam(), but it is {optimizer!r}"
        )
    return optimizer
