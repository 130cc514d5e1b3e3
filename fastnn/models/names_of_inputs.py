"""The names by which the columns of a model's data go: those that it was trained on, or that a layer was adapted to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastnn.checking.columns import Names
from fastnn.layers.normalization import Normalization

if TYPE_CHECKING:
    from fastnn.models.layered import LayeredModel

__all__ = ["adapted_names", "known_names"]


def adapted_names(model: LayeredModel, number: int = 0) -> Names | None:
    """The names of the columns that a layer which takes this input was adapted to; None where no layer knows any."""
    named = _adapted(model, number)
    return named[0].feature_names if named else None


def _adapted(model: LayeredModel, number: int) -> list[Normalization]:
    found: list[Normalization] = []
    for taken, layer in model.layers_of_inputs():
        if taken == number and isinstance(layer, Normalization) and layer.feature_names is not None:
            found.append(layer)
        elif taken == number and layer.inner_model is not None and len(layer.inner_model.input_names) == 1:
            found += _adapted(layer.inner_model, 0)
    return found


def known_names(model: LayeredModel, trained: Names | None, number: int = 0) -> Names | None:
    """The names by which a frame of this input goes, those of the training or a layer's; None where none are known.

    Raises
    ------
    ValueError
        When layers were adapted to columns in another order than the model's, or each other's.
    """
    known, whose = trained, "the model was trained on"
    for layer in _adapted(model, number):
        if known is not None and layer.feature_names != known:
            raise ValueError(
                f"{layer.name} was adapted to the columns {_listed(layer.feature_names)}, but {whose} "
                f"{_listed(known)}: adapt it to a frame with its columns in this order"
            )
        known, whose = layer.feature_names, f"{layer.name} to"
    return known


def _listed(names: Names | None) -> str:
    return ", ".join(map(repr, names or ()))
