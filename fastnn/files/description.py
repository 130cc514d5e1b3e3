"""Descriptions: objects of the package as plain values that JSON can hold, and back, without running any code.

An object of the package is its class' place and its constructor's arguments; a function or object of the user's own is
its name, for which the user hands it in again.
"""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from fastnn.layers.applied import AppliedActivation
from fastnn.layers.base import Layer
from fastnn.losses.base import CustomLoss
from fastnn.metrics.base import FunctionMetric

__all__ = ["described", "restored"]

# What a file may name, and no more.
_CLASSES = {
    "layers": (
        "Rescaling Flatten Dense Activation ReLU LeakyReLU Sigmoid Tanh ELU SELU GELU SiLU Softplus Softmax Dropout "
        "GaussianNoise BatchNormalization LayerNormalization"
    ),
    "losses": (
        "MeanSquaredError MeanAbsoluteError Huber Quantile Poisson Hinge KLDivergence BinaryCrossentropy "
        "CategoricalCrossentropy SparseCategoricalCrossentropy"
    ),
    "metrics": (
        "Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy TopKCategoricalAccuracy "
        "SparseTopKCategoricalAccuracy Precision Recall F1Score AUC MeanSquaredError MeanAbsoluteError R2Score"
    ),
    "optimizers": "SGD Adagrad RMSprop Adam AdamW Nadam LBFGS",
    "optimizers.schedules": "StepDecay PiecewiseConstantDecay ExponentialDecay CosineDecay OneCycle",
    "regularizers": "L1L2",
    "constraints": "MaxNorm",
}
# What these compute is the same as that of the class a file names.
_WRITTEN_AS = {"regularizers.L1": "regularizers.L1L2", "regularizers.L2": "regularizers.L1L2"}


def described(value: Any) -> Any:
    """A value as plain ones.

    Raises
    ------
    TypeError
        For a layer of the user's own class, whose arithmetic no file can hold.

    Examples
    --------
    >>> from fastnn.layers import Dense
    >>> described(Dense(3, "relu", name="first"))["activation"]
    'relu'
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [described(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): described(item) for key, item in value.items()}
    if isinstance(value, AppliedActivation):
        return {"own": value.name} if value.functions is not None else value.configuration()
    if isinstance(value, CustomLoss | FunctionMetric):
        return {"own": value.name}
    kind = type(value)
    for place in _places():
        if place.endswith(f".{kind.__name__}") and _class_at(place) is kind:
            configuration = {name: described(item) for name, item in value.configuration().items()}
            return {"class": _WRITTEN_AS.get(place, place), **configuration}
    if isinstance(value, Layer):
        raise TypeError(
            f"the layer {value.name} is of your own class {kind.__name__} and cannot be saved in a model's file: "
            "save_weights keeps its weights"
        )
    return {"own": str(getattr(value, "__name__", None) or getattr(value, "name", None) or kind.__name__)}


def restored(value: Any, custom_objects: Mapping[str, Any], where: str) -> Any:
    """What `described` made plain.

    Parameters
    ----------
    custom_objects : mapping of str to object
        What the user's own functions are, by the names they were saved under.
    where : str
        How messages call what is restored.

    Raises
    ------
    TypeError, ValueError
        For an unknown class, arguments that its constructor refuses, or a function that is not handed in.

    Examples
    --------
    >>> restored({"class": "layers.Dense", "units": 3}, {}, "layer 0").units
    3
    """
    if isinstance(value, list):
        return [restored(item, custom_objects, where) for item in value]
    if not isinstance(value, dict):
        return value
    if "own" in value:
        name = value["own"]
        if name not in custom_objects:
            raise ValueError(
                f"{where} uses {name!r}, which is no part of fastnn but a function or object of your own: pass "
                f"custom_objects={{{name!r}: ...}} with what was given when the model was made"
            )
        return custom_objects[name]
    arguments = {name: restored(item, custom_objects, where) for name, item in value.items() if name != "class"}
    if "class" not in value:
        return arguments
    place = value["class"]
    if not isinstance(place, str) or place not in _places():
        raise ValueError(f"{where} is of the unknown class {place!r}")
    for name, number in arguments.items():
        if isinstance(number, float) and not math.isfinite(number):
            raise ValueError(f"{where} has {name}={number}")
    try:
        return _class_at(place)(**arguments)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}, a {place}, cannot be made: {error}") from error


@functools.cache
def _places() -> frozenset[str]:
    return frozenset(f"{module}.{name}" for module, names in _CLASSES.items() for name in names.split()) | frozenset(
        _WRITTEN_AS
    )


def _class_at(place: str) -> Any:
    module, _, name = place.rpartition(".")
    return getattr(importlib.import_module(f"fastnn.{module}"), name)
