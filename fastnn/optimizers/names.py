"""From what a user writes in ``compile(optimizer=...)`` to an optimiser."""

from fastnn.naming import unknown_name
from fastnn.optimizers.adaptive import Adagrad, Adam, AdamW, Nadam, RMSprop
from fastnn.optimizers.base import Optimizer
from fastnn.optimizers.descent import SGD
from fastnn.optimizers.lbfgs import LBFGS

__all__ = ["resolve"]

_BY_NAME: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adagrad": Adagrad,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
    "nadam": Nadam,
    "lbfgs": LBFGS,
}


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
        found = _BY_NAME.get(optimizer.lower())
        if found is None:
            raise unknown_name("optimizer", optimizer, _BY_NAME, "an object of fastnn.optimizers")
        return found()
    if isinstance(optimizer, type) and issubclass(optimizer, Optimizer) and optimizer is not Optimizer:
        return optimizer()
    if not isinstance(optimizer, Optimizer) or type(optimizer) is Optimizer:
        raise TypeError(
            f"optimizer must be a name or an object of fastnn.optimizers, such as Adam(), but it is {optimizer!r}"
        )
    return optimizer
