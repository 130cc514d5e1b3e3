"""Losses and their gradients: what a network's output costs against the truth, and which way is down.

Each takes ``(y_true, y_pred)`` for one sample or a batch and has a ``_prime`` twin, its gradient with respect to
``y_pred``. They are compiled.
"""

from collections.abc import Callable
from typing import Any

from fastnn_ext.bindings.losses import cross_entropy, cross_entropy_prime, mse, mse_prime
from fastnn_ext.tables.enums import Loss

__all__ = ["mse", "mse_prime", "cross_entropy", "cross_entropy_prime", "built_in_loss", "gradient_of"]

LossFunction = Callable[[Any, Any], Any]

_BUILT_IN: dict[LossFunction, tuple[LossFunction, Loss]] = {
    mse: (mse_prime, Loss.MEAN_SQUARED_ERROR),
    cross_entropy: (cross_entropy_prime, Loss.CROSS_ENTROPY),
}


def gradient_of(loss: LossFunction, loss_prime: LossFunction | None) -> LossFunction:
    """The gradient that belongs to ``loss``: ``loss_prime``, or the built-in twin of a built-in loss.

    Raises TypeError when ``loss`` is a user's own function and ``loss_prime`` is missing.

    >>> gradient_of(mse, None) is mse_prime
    True
    """
    if loss_prime is not None:
        return loss_prime
    if loss not in _BUILT_IN:
        raise TypeError(
            "loss_prime is missing: a loss of your own needs its gradient too, as a function of (y_true, y_pred)"
        )
    return _BUILT_IN[loss][0]


def built_in_loss(loss: LossFunction, loss_prime: LossFunction | None) -> Loss | None:
    """The engine's number for a built-in loss with its own gradient, or None.

    >>> built_in_loss(mse, None) is Loss.MEAN_SQUARED_ERROR
    True
    >>> built_in_loss(mse, cross_entropy_prime) is None
    True
    """
    # Not looked up, as an object of the user's that may be called need not be hashable.
    known = next((known for function, known in _BUILT_IN.items() if function is loss), None)
    return known[1] if known and loss_prime in (None, known[0]) else None
