"""Layers that are called on arrays, as Keras' are: each becomes a model of its own, which predicts."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.keras.functional import Model
from fastnn.keras.tensors import Tensor, tensor
from fastnn.layers.base import Layer
from fastnn.layers.input import Input

__all__ = ["on_arrays"]


def on_arrays(layer: Layer, inputs: Any, training: bool | None = None) -> Tensor:
    """What a layer gives for arrays of samples, as in prediction; it has its weights from then on.

    Parameters
    ----------
    layer : Layer
    inputs : array-like, or list of these for a layer that merges
        Each of shape (samples, ...).
    training : bool, optional
        True alone for layers that do the same in training.

    Examples
    --------
    >>> from fastnn.keras.layers import Dense
    >>> Dense(3, "relu")(np.ones((2, 4))).shape
    (2, 3)
    """
    several = isinstance(inputs, list | tuple) and bool(inputs) and all(hasattr(one, "shape") for one in inputs)
    arrays = [np.asarray(one) for one in (inputs if several else [inputs])]
    for array in arrays:
        if array.ndim < 2 or array.dtype.kind not in "fiub":
            raise TypeError(
                f"{layer.name or type(layer).__name__} is called on an Input, on what layers gave for one, or on real "
                f"numbers of shape (samples, ...), but not on {array.dtype} of shape {array.shape}"
            )
    begins = [Input(array.shape[1:]) for array in arrays]
    own = next((array.dtype for array in layer.arrays.values()), None)
    outputs = layer(begins if several else begins[0], training)
    model = Model(begins if several else begins[0], outputs, dtype=own)
    return tensor(model.predict(arrays if several else arrays[0]))
