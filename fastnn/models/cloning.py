"""A model of the same layers with first weights of its own."""

from __future__ import annotations

from typing import Any, TypeVar

from fastnn.layers.base import Layer
from fastnn.models.base import BaseModel
from fastnn.models.nested import ModelLayer

__all__ = ["clone_model"]

M = TypeVar("M", bound=BaseModel)


def clone_model(model: M) -> M:
    """A new model of the same layers, with first weights of its own and not compiled.

    Each array starts anew as its initialiser says; one with a seed gives the same numbers again.

    Parameters
    ----------
    model : Sequential or Model

    Returns
    -------
    Sequential or Model
        Of the same class, or the one that a class of your own derives from, built where the model is. Names, dtype and
        what is frozen are the same; optimiser, loss, history and metadata stay behind.

    Raises
    ------
    TypeError
        When it is no model of fastnn.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn import Dense, Input, Sequential
    >>> model = Sequential([Input((3,)), Dense(2)], seed=0)
    >>> clone = clone_model(model)
    >>> clone.count_params(), np.array_equal(clone.layers[0].kernel, model.layers[0].kernel)
    (8, False)
    """
    if not isinstance(model, BaseModel):
        raise TypeError(f"model must be a model of fastnn, but it is {model!r}")
    return _cloned(model, {})


def _cloned(model: M, known: dict[Layer, Layer]) -> M:
    """`clone_model`, with the layers that were cloned before: what models share is shared by their clones."""
    layers = [_anew(layer, known) for layer in model.computing_layers]
    # A class of the user's own may be made with other arguments.
    kind: Any = next(kind for kind in type(model).__mro__ if kind.__module__.startswith("fastnn."))
    made: M
    if model.input_shape is None:
        made = kind(layers, name=model.name, dtype=model.dtype)
    else:
        made = kind.of_architecture(model.architecture(), layers, name=model.name, dtype=model.dtype, seed=None)
        if model.built:
            made._build()
    made._trainable = model.trainable
    return made


def _anew(layer: Layer, known: dict[Layer, Layer]) -> Layer:
    """The same layer in no model, without arrays and shapes; of a model that is one, its clone."""
    if layer not in known:
        if isinstance(layer, ModelLayer):
            inner: Any = layer.model
            known[layer] = ModelLayer(_cloned(inner, known), name=layer.name)
        else:
            # Its initialisers are the same: what these draw from goes on.
            known[layer] = object.__new__(type(layer))
            vars(known[layer]).update(vars(layer))
            known[layer]._forget()
    return known[layer]
