"""Losses: what a network's output costs against the truth, and which way is down.

`mse` and `cross_entropy` take ``(y_true, y_pred)`` for one sample or a batch and have a ``_prime`` twin, their gradient
with respect to ``y_pred``: they are the notebook's. The classes, named as in Keras, describe a loss to
``model.compile``, and may be called by themselves; of each there is a function, such as `mean_squared_error`, which
gives the loss of every sample. Each is a file in `fastnn.losses.kinds`.
"""

from typing import TYPE_CHECKING, Any

from fastnn.losses.functions import (
    LossFunction,
    built_in_loss,
    cross_entropy,
    cross_entropy_prime,
    gradient_of,
    mse,
    mse_prime,
)
from fastnn.losses.kinds import CLASSES

if TYPE_CHECKING:
    from fastnn.losses.base import CustomLoss, Loss
    from fastnn.losses.kinds.binary_crossentropy import BinaryCrossentropy
    from fastnn.losses.kinds.binary_focal_crossentropy import BinaryFocalCrossentropy
    from fastnn.losses.kinds.categorical_crossentropy import CategoricalCrossentropy
    from fastnn.losses.kinds.categorical_focal_crossentropy import CategoricalFocalCrossentropy
    from fastnn.losses.kinds.categorical_hinge import CategoricalHinge
    from fastnn.losses.kinds.cosine_similarity import CosineSimilarity
    from fastnn.losses.kinds.hinge import Hinge
    from fastnn.losses.kinds.huber import Huber
    from fastnn.losses.kinds.kl_divergence import KLDivergence
    from fastnn.losses.kinds.log_cosh import LogCosh
    from fastnn.losses.kinds.mean_absolute_error import MeanAbsoluteError
    from fastnn.losses.kinds.mean_absolute_percentage_error import MeanAbsolutePercentageError
    from fastnn.losses.kinds.mean_squared_error import MeanSquaredError
    from fastnn.losses.kinds.mean_squared_logarithmic_error import MeanSquaredLogarithmicError
    from fastnn.losses.kinds.poisson import Poisson
    from fastnn.losses.kinds.quantile import Quantile
    from fastnn.losses.kinds.sparse_categorical_crossentropy import SparseCategoricalCrossentropy
    from fastnn.losses.kinds.squared_hinge import SquaredHinge
    from fastnn.losses.names import resolve

# Checkers of types and editors read this as it stands.
__all__ = [
    "mse",
    "mse_prime",
    "cross_entropy",
    "cross_entropy_prime",
    "built_in_loss",
    "gradient_of",
    "LossFunction",
    "Loss",
    "CustomLoss",
    "MeanSquaredError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "Huber",
    "LogCosh",
    "Quantile",
    "CosineSimilarity",
    "Poisson",
    "Hinge",
    "SquaredHinge",
    "CategoricalHinge",
    "KLDivergence",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "SparseCategoricalCrossentropy",
    "resolve",
]
# A function of each.
__all__ += CLASSES

# Not needed by the notebook: loaded when first used.
_PLACES = {"Loss": "base", "CustomLoss": "base", "resolve": "names"} | {
    name: f"kinds.{file}" for file, name in CLASSES.items()
}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        import importlib

        return getattr(importlib.import_module(f"fastnn.losses.{_PLACES[name]}"), name)
    if name in CLASSES:
        from fastnn.losses.by_sample import function_of

        return function_of(name)
    raise AttributeError(f"module 'fastnn.losses' has no attribute {name!r}")
