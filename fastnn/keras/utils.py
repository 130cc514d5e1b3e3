"""Keras' ``keras.utils``: labels, seeds, rows of length 1 and pictures of models."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn import encoding
from fastnn.arrays.numbers import real_array
from fastnn.keras.data_classes import PyDataset, Sequence
from fastnn.keras.preprocessing.sequence import pad_sequences
from fastnn.keras.saving import register_keras_serializable
from fastnn.keras.session import SESSION
from fastnn.keras.translating import Translated, attributes, translated

__all__ = [
    "PyDataset", "Sequence", "clear_session", "normalize", "pad_sequences", "plot_model", "register_keras_serializable",
    "set_random_seed", "to_categorical",
]  # fmt: skip

to_categorical = Translated(encoding.to_categorical, "utils")

__getattr__ = attributes(__name__)


def clear_session() -> None:
    """Do nothing: a model is freed with its last reference, and the names of layers are counted in each model."""


def set_random_seed(seed: int) -> None:
    """Seed Python's and NumPy's generators, and those of all models made from now on.

    Parameters
    ----------
    seed : int

    Examples
    --------
    >>> from fastnn.keras import Sequential, layers
    >>> def first_weight():
    ...     set_random_seed(1)
    ...     return Sequential([layers.Dense(1, input_dim=1)]).get_weights()[0]
    >>> first_weight() == first_weight()
    array([[ True]])
    """
    SESSION.set_random_seed(seed)


def normalize(x: ArrayLike, axis: int = -1, order: float = 2) -> NDArray[Any]:
    """Divide by the norm over an axis; what has the norm 0 stays.

    Parameters
    ----------
    x : array_like
        Finite real numbers.
    axis : int, default -1
    order : float, default 2
        Of the norm, as ``numpy.linalg.norm`` has it.

    Examples
    --------
    >>> normalize([[3.0, 4.0], [0.0, 0.0]])
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    array = real_array(x, "x")
    norm = np.linalg.norm(array, order, axis, keepdims=True)
    quotient: NDArray[Any] = array / np.where(norm == 0, norm.dtype.type(1), norm)
    return quotient


def plot_model(model: Any, to_file: str | os.PathLike[str] = "model.png", **options: Any) -> Any:
    """Draw a model's layers with their shapes, activations and numbers of parameters into a file.

    Parameters
    ----------
    model : Sequential or Model
    to_file : path-like, default "model.png"
    options : object
        Keras' ``show_shapes``, ``show_layer_names`` and others, each with the value that the picture has in any case.

    Returns
    -------
    matplotlib Axes
    """
    for unknown in translated(("plot_model",), "plot_model", options):
        raise TypeError(f"plot_model has no argument {unknown!r}: leave it out")
    return model.plot(to_file)
