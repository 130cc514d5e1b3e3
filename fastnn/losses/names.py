"""From what a user writes in ``compile(loss=...)`` to a loss."""

from typing import Any

from fastnn.losses import functions
from fastnn.losses.base import CustomLoss, Loss
from fastnn.losses.entropies import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    KLDivergence,
    SparseCategoricalCrossentropy,
)
from fastnn.losses.errors import Hinge, Huber, MeanAbsoluteError, MeanSquaredError, Poisson, Quantile
from fastnn.naming import unknown_name

__all__ = ["resolve"]

_BY_NAME: dict[str, type[Loss]] = {
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
    "mae": MeanAbsoluteError,
    "huber": Huber,
    "quantile": Quantile,
    "pinball": Quantile,
    "poisson": Poisson,
    "hinge": Hinge,
    "kl_divergence": KLDivergence,
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
}


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
        found = _BY_NAME.get(loss.lower())
        if found is None:
            raise unknown_name("loss", loss, _BY_NAME, "an object of fastnn.losses")
        return found()
    if isinstance(loss, type) and issubclass(loss, Loss) and loss not in (Loss, CustomLoss):
        return loss()
    if isinstance(loss, tuple) and len(loss) == 2:
        return CustomLoss(*loss)
    if loss is functions.mse:
        return MeanSquaredError()
    if loss is functions.cross_entropy:
        return CategoricalCrossentropy()
    if callable(loss):
        raise TypeError(
            f"a loss of your own needs its gradient too: pass fastnn.losses.CustomLoss({loss!r}, its_gradient)"
        )
    raise TypeError(f"loss must be a name, an object of fastnn.losses or a pair of functions, but it is {loss!r}")
