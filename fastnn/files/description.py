"""Objects of the package as plain values that JSON can hold, and back, without running any code.

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

from fastnn import layers, optimizers
from fastnn.initializers import CLASSES as INITIALIZER_CLASSES
from fastnn.layers.applied import AppliedActivation, resolve
from fastnn.layers.base import Layer
from fastnn.losses.base import CustomLoss
from fastnn.losses.kinds import CLASSES as LOSS_CLASSES
from fastnn.metrics.base import FunctionMetric, Metric
from fastnn.metrics.objects import CLASSES as METRIC_CLASSES
from fastnn.optimizers import schedules

__all__ = ["described", "restored"]

# What a file may name, and no more.
_CLASSES = {
    "layers": " ".join(name for name in layers.__all__ if name not in ("Input", "Layer")),
    "losses": " ".join(LOSS_CLASSES.values()),
    "metrics": " ".join(METRIC_CLASSES.values()),
    "optimizers": " ".join(optimizers.CLASSES.values()),
    "optimizers.schedules": " ".join(name for name in schedules.__all__ if name != "LearningRateSchedule"),
    "initializers": " ".join(INITIALIZER_CLASSES.values()),
    "regularizers": "L1L2",
    "constraints": "MaxNorm MinMaxNorm NonNeg UnitNorm",
    "models.nested": "ModelLayer",
    "models.saving.nested": "model_layer",
}
# What these compute is the same as that of the class a file names.
_WRITTEN_AS = {
    "regularizers.L1": "regularizers.L1L2",
    "regularizers.L2": "regularizers.L1L2",
    "models.nested.ModelLayer": "models.saving.nested.model_layer",
}


def described(
    value: Any, own: dict[str, Any] | None = None, known: dict[Layer, int] | None = None, *, initializers: bool = False
) -> Any:
    """A value as plain values.

    Parameters
    ----------
    own : dict, optional
        Receives the user's own functions and objects by name, of which no two may be the same.
    known : dict, optional
        Receives the layers with their numbers, in the order in which they are made again: one that comes again, such
        as in two models within a model, is its number.
    initializers : bool, default False
        Whether to tell what the layers' arrays start from, which a file that has their numbers does not need.

    Raises
    ------
    TypeError
        For a layer of the user's own class, whose arithmetic no file can hold.
    ValueError
        When two things of the user's own have one name.

    Examples
    --------
    >>> from fastnn.layers import Dense
    >>> described(Dense(3, "relu", name="first"))["activation"]
    'relu'
    """
    own, known = {} if own is None else own, {} if known is None else known

    def inner(item: Any) -> Any:
        return described(item, own, known, initializers=initializers)

    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [inner(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): inner(item) for key, item in value.items()}
    if isinstance(value, AppliedActivation):
        return value.configuration() if value.functions is None else _by_name(value.name, value.functions, own)
    if isinstance(value, CustomLoss):
        # A loss that finds its gradient is known by its one function.
        return _by_name(value.name, getattr(value, "function", (value.value, value.gradient)), own)
    if isinstance(value, FunctionMetric):
        return _by_name(value.name, value.function, own)
    if isinstance(value, Layer) and value in known:
        return {"shared": known[value]}
    kind = type(value)
    for place in _places():
        if place.endswith(f".{kind.__name__}") and _class_at(place) is kind:
            told = value.configuration()
            if initializers and isinstance(value, Layer):
                told |= value.starts()
            configuration = {name: inner(item) for name, item in told.items()}
            if isinstance(value, Layer):
                known[value] = len(known)
            return {"class": _WRITTEN_AS.get(place, place), **configuration}
    if isinstance(value, Layer):
        raise TypeError(
            f"the layer {value.name} is of your own class {kind.__name__} and cannot be saved in a model's file: "
            "save_weights keeps its weights"
        )
    return _by_name(getattr(value, "__name__", None) or getattr(value, "name", None) or kind.__name__, value, own)


def _by_name(name: Any, thing: Any, own: dict[str, Any]) -> dict[str, str]:
    known = own.setdefault(str(name), thing)
    if known is not thing and known != thing:
        raise ValueError(
            f"two functions or objects of your own are called {name!r}, and a file knows them by their names alone: "
            "rename one, such as by def in place of lambda, or by its name argument"
        )
    return {"own": str(name)}


def restored(
    value: Any, custom_objects: Mapping[str, Any], where: str, argument: str = "", made: list[Layer] | None = None
) -> Any:
    """The inverse of `described`.

    Parameters
    ----------
    custom_objects : mapping of str to object
        What the user's own functions are, by the names they were saved under.
    where : str
        How messages call what is restored.
    argument : str, optional
        Which argument it is, such as "loss".
    made : list, optional
        The layers that were made before, and receives those that are made: what is shared is one of them.

    Raises
    ------
    TypeError, ValueError
        For an unknown class, arguments that its constructor refuses, or a function that is not handed in.

    Examples
    --------
    >>> restored({"class": "layers.Dense", "units": 3}, {}, "layer 0").units
    3
    """
    made = [] if made is None else made
    if isinstance(value, list):
        return [restored(item, custom_objects, where, argument, made) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{where} has {argument}={value}")
    if not isinstance(value, dict):
        return value
    if "own" in value:
        name = value["own"]
        if custom_objects.get(name) is None:
            raise ValueError(
                f"{where} uses {name!r}, which is no part of fastnn but a function or object of your own: pass "
                f"custom_objects={{{name!r}: ...}} with what was given when the model was made"
            )
        return _called(name, custom_objects[name], argument)
    if value.keys() == {"shared"}:
        number = value["shared"]
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(made):
            raise ValueError(f"{where} shares layer {number!r}, but there are {len(made)} before it")
        return made[number]
    arguments = {
        name: restored(item, custom_objects, where, name, made) for name, item in value.items() if name != "class"
    }
    if "class" not in value:
        return arguments
    place = value["class"]
    if not isinstance(place, str) or place not in _places():
        raise ValueError(f"{where} is of the unknown class {place!r}")
    # All layers have it, and few take it as an argument of their own.
    trainable = arguments.pop("trainable", True)
    try:
        one = _class_at(place)(**arguments)
        if trainable is not True:
            one.trainable = trainable
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}, a {place}, cannot be made: {error}") from error
    if isinstance(one, Layer):
        made.append(one)
    return one


def _called(name: str, thing: Any, argument: str) -> Any:
    """A function under the name that it had, whatever it is called by itself: a history and the next file have it."""
    if argument == "activation":
        applied = resolve(thing)
        return thing if applied.functions is None else AppliedActivation(name, functions=applied.functions)
    if argument == "loss" and hasattr(thing, "as_loss"):
        return thing.as_loss
    if argument == "loss" and isinstance(thing, tuple):
        value, gradient = thing
        return CustomLoss(value, gradient, name)
    if argument in ("metrics", "weighted_metrics") and callable(thing) and not isinstance(thing, Metric | type):
        if hasattr(thing, "as_metric"):
            return thing.as_metric(name)
        return FunctionMetric(thing, name)
    return thing


@functools.cache
def _places() -> frozenset[str]:
    return frozenset(f"{module}.{name}" for module, names in _CLASSES.items() for name in names.split()) | frozenset(
        _WRITTEN_AS
    )


def _class_at(place: str) -> Any:
    module, _, name = place.rpartition(".")
    return getattr(importlib.import_module(f"fastnn.{module}"), name)
