"""How large what a file describes may be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastnn.checking.shapes import checked_shape
from fastnn.layers.base import Layer

__all__ = ["LARGEST_SAMPLE", "called_layers", "check_built", "check_calls", "check_input"]

# Numbers in a sample: gigabytes each, and far from where a product of sizes overflows.
LARGEST_SAMPLE = 1 << 31
# Calls of layers, those of models within among them: a few words of a file may share a model again and again.
_MOST_CALLS = 20_000


def called_layers(model: Any) -> list[Layer]:
    """The layers of a model, each as often as the model calls it."""
    graph = getattr(model, "graph", None)
    return (
        list(model.layers) if graph is None else [graph.layers[node.layer] for node in graph.nodes if not node.output]
    )


def check_built(layers: Iterable[Layer]) -> None:
    """Raise ValueError where one is a model of unknown shapes, which would take memory as soon as they are known."""
    for layer in layers:
        if layer.inner_model is not None and not layer.inner_model.input_shapes:
            raise ValueError(f"the model {layer.name} within it has no input_shape")


def check_calls(layers: Iterable[Layer]) -> None:
    """Raise ValueError where these, each as often as it is called, make more calls of layers than any file may have."""
    known: dict[Layer, int] = {}

    def count(layer: Layer) -> int:
        if layer not in known:
            inner = layer.inner_model
            known[layer] = 1 if inner is None else sum(map(count, called_layers(inner)))
        return known[layer]

    if sum(map(count, layers)) > _MOST_CALLS:
        raise ValueError(f"it calls layers more than {_MOST_CALLS:,} times, with those of models within")


def check_input(given: Any) -> None:
    """Raise ValueError where a sample of this shape is too large for any file."""
    # Step by step: the product of a million sizes takes longer than a minute.
    numbers = 1
    for size in checked_shape(given, "input_shape"):
        numbers *= size
        if numbers >= LARGEST_SAMPLE:
            raise ValueError(f"its input_shape is that of {LARGEST_SAMPLE} numbers or more, which no sample has")
