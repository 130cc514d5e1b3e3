"""A model within a model, from its description in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastnn.checking.scalars import true_or_false
from fastnn.layers.base import Layer
from fastnn.models.functional import Model
from fastnn.models.nested import ModelLayer
from fastnn.models.saving.limits import called_layers, check_built, check_calls, check_input
from fastnn.models.sequential import Sequential

__all__ = ["model_layer", "model_of"]


def model_of(architecture: Mapping[str, Any], layers: list[Layer], **told: Any) -> Sequential | Model:
    """The model of these layers, of the class that they are connected in the way of; it has no arrays yet."""
    if not layers or not all(isinstance(layer, Layer) and layer.name is not None for layer in layers):
        raise ValueError("its layers are not all layers with names")
    shapes = [one["shape"] for one in architecture["inputs"]] if "nodes" in architecture else None
    for shape in [architecture["input_shape"]] if shapes is None else shapes:
        check_input(shape)
    check_built(layers)
    check_calls(layers)
    kind: Any = Sequential if shapes is None else Model
    found: Sequential | Model = kind.of_architecture(architecture, layers, **told)
    check_calls(called_layers(found))
    return found


def model_layer(model: Mapping[str, Any], name: str | None = None) -> ModelLayer:
    """The layer of a model that `ModelLayer.configuration` described, whose layers are made already.

    Raises
    ------
    KeyError, TypeError, ValueError
        When it is none.
    """
    if model["dtype"] not in ("float32", "float64"):
        raise ValueError(f"its dtype is {model['dtype']!r}, but it must be float32 or float64")
    layers, told = list(model["layers"]), {"name": model["name"], "dtype": model["dtype"], "seed": 0}
    found: Sequential | Model
    if "nodes" not in model and model["input_shape"] is None:
        # One that is not built, in a configuration: a file is of a model that is.
        check_calls(layers)
        found = Sequential(layers, **told)
    else:
        found = model_of(model, layers, **told)
    # Files of before have it not. What each layer says is its own.
    found._trainable = true_or_false(model.get("trainable", True), "trainable")
    return ModelLayer(found, name=name)
