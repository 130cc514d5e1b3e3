"""Where Keras' files of weights have the arrays of a model's layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastnn.interop.keras_config import groups
from fastnn.layers.base import Layer
from fastnn.models.layered import LayeredModel
from fastnn.models.nested import ModelLayer

__all__ = ["placed_layers"]


def placed_layers(model: LayeredModel, description: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Layer]]:
    """The layers that compute, those of models within among them, each with its group, in Keras' order.

    Parameters
    ----------
    model : Sequential or Model
    description : mapping
        What `fastnn.interop.keras_description.description_of` says of it.

    Examples
    --------
    >>> from fastnn.interop.keras_description import description_of
    >>> from fastnn.layers import Dense, Input
    >>> from fastnn.models import Sequential
    >>> model = Sequential([Input((2,)), Dense(3), Sequential([Dense(1)])])
    >>> [place for place, _ in placed_layers(model, description_of(model))]
    ['layers/dense/', 'layers/sequential/layers/dense/']
    """
    entries = description["config"]["layers"]
    # A chain's input is none of its layers in Keras.
    entries = entries if description["class_name"] == "Functional" else entries[1:]
    layers = {layer.name: layer for layer in model.computing_layers}
    for entry, group in zip(entries, groups(entry["class_name"] for entry in entries), strict=True):
        layer = layers.get(entry["config"]["name"])
        if isinstance(layer, ModelLayer):
            yield from placed_layers(layer.model, entry, f"{place}layers/{group}/")
        elif layer is not None:
            yield f"{place}layers/{group}/", layer
