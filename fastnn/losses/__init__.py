"""Losses: what a network's output costs against the truth, and which way is down.

The functions take ``(y_true, y_pred)`` for one sample or a batch and have a ``_prime`` twin, their gradient with
respect to ``y_pred``: they are the notebook's. The classes, named as in Keras, describe a loss to ``model.compile``.
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
    from fastnn.losses.entropies import (
        BinaryCrossentropy,
        CategoricalCrossentropy,
        KLDivergence,
        SparseCategoricalCrossentropy,
    )
    from fastnn.losses.errors import (
        Hinge,
        Huber,
        MeanAbsoluteError,
        MeanSquaredError,
        Poisson,
        Quantile,
    )
    from fastnn.losses.names import resolve

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
    "Huber",
    "Quantile",
    "Poisson",
    "Hinge",
    "KLDivergence",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "resolve",
]

# Not needed by the notebook: loaded when first used.
_LAZY = {
    "base": ("Loss", "CustomLoss"),
    "errors": ("MeanSquaredError", "MeanAbsoluteError", "Huber", "Quantile", "Poisson", "Hinge"),
    "entropies": ("KLDivergence", "BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy"),
    "names": ("resolve",),
}


def __getattr__(name: str) -> Any:
    for module, names in _LAZY.items():
        if name in names:
            import importlib

            return getattr(importlib.import_module(f"fastnn.losses.{module}"), name)
    raise AttributeError(f"module 'fastnn.losses' has no attribute {name!r}")
