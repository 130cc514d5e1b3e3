"""The weights of a model: its layers' arrays read, replaced, counted, and in files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.layers.once import arrays_once
from fastnn.models.ends import Ends
from fastnn.models.layer_arrays import replacements

__all__ = ["ModelWeights"]


class ModelWeights(Ends):
    """What has layers whose arrays are its weights."""

    dtype: np.dtype[Any]

    def get_weights(self) -> list[NDArray[Any]]:
        """Copies of all arrays, layer by layer: kernel and bias; gamma, beta, moving mean and variance.

        What models within share comes once.
        """
        return [array.copy() for _, _, array in arrays_once(self.layers)]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Replace the values of all arrays, in the order of `get_weights`.

        Raises
        ------
        ValueError
            When their number or a shape is another, or a number is not finite or too large for the model's dtype;
            nothing has changed then.
        """
        self.needs_plan()
        given = iter(replacements(self.layers, weights, self.dtype))
        for _, _, array in arrays_once(self.layers):
            array[...] = next(given)

    def count_params(self) -> int:
        """The number of elements in the layers' arrays, of which those that models within share count once."""
        self.needs_plan()
        return sum(array.size for _, _, array in arrays_once(self.layers))

    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Write the weights alone, under names such as ``dense.kernel``.

        Parameters
        ----------
        path : path-like
            Ends in ``.safetensors``, or ``.npz`` for NumPy's own format.
        """
        from fastnn.files.weights import save_weights

        save_weights(self, path)

    def load_weights(self, path: str | os.PathLike[str]) -> None:
        """Replace the model's weights by those of a file that have the same names.

        Parameters
        ----------
        path : path-like
            What `save_weights` or `save` wrote.

        Raises
        ------
        OSError
            When the file cannot be read.
        ValueError
            When it is damaged, or its names or shapes are others than the model's; nothing has changed then.
        """
        from fastnn.files.weights import load_weights

        load_weights(self, path)
