"""The layers that compute, whether a model has them itself or a model within it."""

from collections.abc import Iterable, Iterator

from fastnn.layers.base import Layer
from fastnn.layers.batch_normalization import BatchNormalization
from fastnn.layers.input import Input

__all__ = ["leaf_layers", "moving_layers"]


def leaf_layers(layers: Iterable[Layer]) -> Iterator[Layer]:
    """Those that are no models and no inputs, in their order, each once."""
    seen: set[Layer] = set()
    waiting = list(layers)[::-1]
    while waiting:
        layer = waiting.pop()
        if layer.inner_model is not None:
            waiting += layer.inner_model.layers[::-1]
        elif layer not in seen and not isinstance(layer, Input):
            seen.add(layer)
            yield layer


def moving_layers(layers: Iterable[Layer], frozen: Iterable[bool]) -> list[BatchNormalization]:
    """Of layers that compute, those whose statistics training moves; ``frozen``: which it leaves as they are."""
    pairs = zip(layers, frozen, strict=True)
    return [layer for layer, fixed in pairs if isinstance(layer, BatchNormalization) and not fixed]
