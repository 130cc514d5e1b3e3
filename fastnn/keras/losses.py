"""Keras' ``keras.losses``: classes, and functions that ``compile`` takes in place of their names."""

from typing import Any

from fastnn import losses as ours
from fastnn.keras.function_losses import FunctionLoss
from fastnn.keras.function_losses import Loss as OwnLoss
from fastnn.keras.functions import NamedFunction, named
from fastnn.keras.functions import loss as function
from fastnn.keras.translating import Translated, attributes, moved
from fastnn.losses.base import Loss as AnyLoss
from fastnn.losses.by_sample import loss_of
from fastnn.losses.functions import built_in_loss
from fastnn.losses.names import resolve

__all__ = [
    "BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy", "CategoricalFocalCrossentropy",
    "CategoricalHinge", "CosineSimilarity", "Hinge", "Huber", "KLDivergence", "LogCosh", "Loss", "MeanAbsoluteError",
    "MeanAbsolutePercentageError", "MeanSquaredError", "MeanSquaredLogarithmicError", "Poisson",
    "SparseCategoricalCrossentropy", "SquaredHinge", "binary_crossentropy", "binary_focal_crossentropy",
    "categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge", "cosine_similarity", "get",
    "hinge", "huber", "kl_divergence", "log_cosh", "mean_absolute_error", "mean_absolute_percentage_error",
    "mean_squared_error", "mean_squared_logarithmic_error", "poisson", "sparse_categorical_crossentropy",
    "squared_hinge",
]  # fmt: skip


class _Base(Translated):
    """Keras' class ``Loss``: all losses are of it, and classes of a user's own have its ``call``."""

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (OwnLoss,)


Loss = _Base(AnyLoss, "losses")
BinaryCrossentropy = Translated(ours.BinaryCrossentropy, "losses")
BinaryFocalCrossentropy = Translated(ours.BinaryFocalCrossentropy, "losses")
CategoricalCrossentropy = Translated(ours.CategoricalCrossentropy, "losses")
CategoricalFocalCrossentropy = Translated(ours.CategoricalFocalCrossentropy, "losses")
CategoricalHinge = Translated(ours.CategoricalHinge, "losses")
CosineSimilarity = Translated(ours.CosineSimilarity, "losses")
Hinge = Translated(ours.Hinge, "losses")
Huber = Translated(ours.Huber, "losses")
KLDivergence = Translated(ours.KLDivergence, "losses")
LogCosh = Translated(ours.LogCosh, "losses")
MeanAbsoluteError = Translated(ours.MeanAbsoluteError, "losses")
MeanAbsolutePercentageError = Translated(ours.MeanAbsolutePercentageError, "losses")
MeanSquaredError = Translated(ours.MeanSquaredError, "losses")
MeanSquaredLogarithmicError = Translated(ours.MeanSquaredLogarithmicError, "losses")
Poisson = Translated(ours.Poisson, "losses")
SparseCategoricalCrossentropy = Translated(ours.SparseCategoricalCrossentropy, "losses")
SquaredHinge = Translated(ours.SquaredHinge, "losses")

binary_crossentropy = function("binary_crossentropy")
binary_focal_crossentropy = function("binary_focal_crossentropy")
categorical_crossentropy = function("categorical_crossentropy")
categorical_focal_crossentropy = function("categorical_focal_crossentropy")
categorical_hinge = function("categorical_hinge")
cosine_similarity = function("cosine_similarity")
hinge = function("hinge")
huber = function("huber")
kl_divergence = function("kl_divergence")
log_cosh = function("log_cosh")
mean_absolute_error = function("mean_absolute_error")
mean_absolute_percentage_error = function("mean_absolute_percentage_error")
mean_squared_error = function("mean_squared_error")
mean_squared_logarithmic_error = function("mean_squared_logarithmic_error")
poisson = function("poisson")
sparse_categorical_crossentropy = function("sparse_categorical_crossentropy")
squared_hinge = function("squared_hinge")

__getattr__ = attributes(__name__)


def get(identifier: Any) -> AnyLoss:
    """The loss of a name, a class or function of this module, or a pair of functions; an object as it is.

    A function of a user's own of ``(y_true, y_pred)`` is a `fastnn.keras.function_losses.FunctionLoss`, whose gradient
    comes of what it computes.

    Examples
    --------
    >>> get(mean_squared_error), get("mse")
    (MeanSquaredError(), MeanSquaredError())
    """
    if isinstance(identifier, Translated):
        return resolve(identifier())
    if isinstance(identifier, type) and issubclass(identifier, OwnLoss):
        return identifier()
    if _is_own(identifier):
        return FunctionLoss(identifier)
    name = named(identifier)
    return resolve((moved("loss", name) or name) if isinstance(name, str) else name)


def _is_own(loss: Any) -> bool:
    """Whether it is a function, or what is called like one, that no module of this package has."""
    if isinstance(loss, NamedFunction | AnyLoss | type) or not callable(loss):
        return False
    return loss_of(loss) is None and built_in_loss(loss, None) is None
