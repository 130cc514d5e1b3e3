"""Names of layers in a model."""

from collections.abc import Container, MutableMapping

from fastnn.layers.base import Layer

__all__ = ["name_for"]


def name_for(layer: Layer, taken: Container[str | None], numbers: MutableMapping[str, int] | None = None) -> str:
    """The layer's own name, or its class' in snake case, with a number where that is taken.

    Names of many layers share ``numbers``, where each class' begin that are not known to be taken. A layer that another
    model has named is ``..._again`` where its name is taken: no layer there is called so. Raises ValueError where the
    name that a user gave is taken.

    >>> from fastnn.layers import BatchNormalization
    >>> name_for(BatchNormalization(), ["batch_normalization"])
    'batch_normalization_1'
    """
    if layer.name is not None and layer.name not in taken:
        return layer.name
    if layer.name is not None and not layer.named_by_model:
        raise ValueError(f"there is a layer {layer.name!r} already: names in a model must differ")
    elsewhere = layer.name is not None and layer.in_model
    base = f"{layer.name}_again" if elsewhere else layer.default_name
    number = 0 if numbers is None else numbers.get(base, 0)
    while (name := base if number == 0 else f"{base}_{number}") in taken:
        number += 1
    if numbers is not None:
        numbers[base] = number
    return name
