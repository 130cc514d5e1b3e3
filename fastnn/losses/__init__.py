"""Losses: what a network's output costs against the truth, and which way is down.

The functions take ``(y_true, y_pred)`` for one sample or a batch and have a ``_prime`` twin, their gradient with
respect to ``y_pred``: they are the notebook's. The classes, named as in Keras, describe a loss to ``model.compile``.

This is the list of all losses, a file each. A new one needs its number in the engine, its file here, a line in each of
the three parts of this list, and a line in the table of docs/models.md.
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

if TYPE_CHECKING:
    from fastnn.losses.base import CustomLoss, Loss
    from fastnn.losses.binary_crossentropy import BinaryCrossentropy
    from fastnn.losses.binary_focal_crossentropy import BinaryFocalCrossentropy
    from fastnn.losses.categorical_crossentropy import CategoricalCrossentropy
    from fastnn.losses.categorical_focal_crossentropy import CategoricalFocalCrossentropy
    from fastnn.losses.categorical_hinge import CategoricalHinge
    from fastnn.losses.cosine_similarity import CosineSimilarity
    from fastnn.losses.hinge import Hinge
    from fastnn.losses.huber import Huber
    from fastnn.losses.kl_divergence import KLDivergence
    from fastnn.losses.log_cosh import LogCosh
    from fastnn.losses.mean_absolute_error import MeanAbsoluteError
    from fastnn.losses.mean_absolute_percentage_error import MeanAbsolutePercentageError
    from fastnn.losses.mean_squared_error import MeanSquaredError
    from fastnn.losses.mean_squared_logarithmic_error import MeanSquaredLogarithmicError
    from fastnn.losses.names import resolve
    from fastnn.losses.poisson import Poisson
    from fastnn.losses.quantile import Quantile
    from fastnn.losses.sparse_categorical_crossentropy import SparseCategoricalCrossentropy
    from fastnn.losses.squared_hinge import SquaredHinge

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

# The class of each loss by its name, which is also its file's.
CLASSES = {
    "mean_squared_error": "MeanSquaredError",
    "mean_absolute_error": "MeanAbsoluteError",
    "mean_absolute_percentage_error": "MeanAbsolutePercentageError",
    "mean_squared_logarithmic_error": "MeanSquaredLogarithmicError",
    "huber": "Huber",
    "log_cosh": "LogCosh",
    "quantile": "Quantile",
    "cosine_similarity": "CosineSimilarity",
    "poisson": "Poisson",
    "hinge": "Hinge",
    "squared_hinge": "SquaredHinge",
    "categorical_hinge": "CategoricalHinge",
    "kl_divergence": "KLDivergence",
    "binary_crossentropy": "BinaryCrossentropy",
    "binary_focal_crossentropy": "BinaryFocalCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
}

# Not needed by the notebook: loaded when first used.
_PLACES = {"Loss": "base", "CustomLoss": "base", "resolve": "names"} | {name: file for file, name in CLASSES.items()}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        import importlib

        return getattr(importlib.import_module(f"fastnn.losses.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'fastnn.losses' has no attribute {name!r}")
