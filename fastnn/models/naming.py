"""Names of layers in a model."""

from collections.abc import Container, MutableMapping

from fastnn.layers.base import Layer

__all__ = ["name_for"]


def name_for(layer: Layer, taken: Container[str | None], numbers: MutableMapping[str, int] | None = None) -> str:
    """The layer's own name, or its class' in snake case, with a number where that is taken.

    Names of many layers share ``numbers``, where each class' begin that are not known to be taken. Raises ValueError
    where its own name is taken, which no model has given it.

    >>> from fastnn.layers import BatchNormalization
    >>> name_for(BatchNormalization(), ["batch_normalization"])
    'batch_normalization_1'
    """
    if layer.name is not None and not (layer.named_by_model and layer.name in taken):
        if layer.name in taken:
            raise ValueError(f"there is a layer {layer.name!r} already: names in a model must differ")
        return layer.name
    base = layer.default_name
    number = 0 if numbers is None else numbers.get(base, 0)
    while (name := base if number == 0 else f"{base}_{number}") in taken:
        number += 1
    if numbers is not None:
        numbers[base] = number
    return name
