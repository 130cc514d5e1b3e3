"""Names of layers in a model."""

from collections.abc import Container, MutableMapping, Sequence

from fastnn.layers.base import Layer

__all__ = ["name_for", "names_of_layers"]


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


def names_of_layers(layers: Sequence[Layer]) -> list[str]:
    """The names that the layers of a model are to have; ValueError where users gave two of them one name."""
    # Layers that models named may have the same names; all but the first take others.
    theirs: set[str | None] = {layer.name for layer in layers if not layer.named_by_model}
    anew: set[Layer] = set()
    for layer in layers:
        if layer.named_by_model and layer.name is not None:
            anew |= {layer} if layer.name in theirs else set()
            theirs.add(layer.name)
    own_names = [layer.name for layer in layers if layer.name is not None and layer not in anew]
    taken: set[str | None] = set(own_names)
    if len(taken) < len(own_names):
        raise ValueError(f"names of layers must differ, but they are {own_names}")
    names: list[str] = []
    numbers: dict[str, int] = {}
    for layer in layers:
        kept = None if layer in anew else layer.name
        names.append(kept or name_for(layer, taken, numbers))
        taken.add(names[-1])
    return names
