"""Losses and their gradients: what a network's output costs against the truth, and which way is down.

Each takes ``(y_true, y_pred)`` for one sample or a batch and has a ``_prime`` twin, its gradient with respect to
``y_pred``. They are compiled.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy
from numpy.typing import ArrayLike, NDArray

from fastnn_ext.bindings import losses as _compiled
from fastnn_ext.bindings.losses import mse, mse_prime
from fastnn_ext.tables.enums import Loss

__all__ = ["mse", "mse_prime", "cross_entropy", "cross_entropy_prime", "built_in_loss", "gradient_of"]

LossFunction = Callable[[Any, Any], Any]


def cross_entropy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """``-sum(y_true * log(y_pred))`` over classes, averaged over rows.

    Probabilities below half the dtype's machine epsilon count as that, so a class given probability 0 costs about 17
    (float32) or 37 (float64), not infinity.

    Parameters
    ----------
    y_true : array-like, shape of y_pred, or (rows,) or (rows, 1) of class numbers
        A share of each class, or the number of the one that is true.
    y_pred : array-like, shape (classes,) or (rows, classes)
        Probabilities.

    Raises
    ------
    TypeError, ValueError
        For arrays that are not real numbers, whose shapes do not fit, or class numbers that y_pred has no column for.

    Examples
    --------
    >>> round(cross_entropy([[0.0, 1.0]], [[0.5, 0.5]]), 6), round(cross_entropy([1], [[0.5, 0.5]]), 6)
    (0.693147, 0.693147)
    """
    return _compiled.cross_entropy(_shares(y_true, y_pred), y_pred)


def cross_entropy_prime(y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
    """Gradient of `cross_entropy` with respect to ``y_pred``: ``-y_true / y_pred / rows``, in y_pred's shape.

    >>> cross_entropy_prime(1, [[0.5, 0.5]])
    array([[-0., -2.]])
    """
    return _compiled.cross_entropy_prime(_shares(y_true, y_pred), y_pred)


def _shares(y_true: ArrayLike, y_pred: ArrayLike) -> ArrayLike:
    """``y_true`` itself, or one-hot rows where it is the number of the true class for each row of ``y_pred``."""
    shape, true_shape = numpy.shape(y_pred), numpy.shape(y_true)
    rows, columns = (math.prod(shape[:-1]), shape[-1]) if shape else (1, 1)
    if columns < 2 or math.prod(true_shape) != rows or rows == 0:
        return y_true
    from fastnn.encoding import to_categorical

    return to_categorical(numpy.reshape(y_true, rows), columns)


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
