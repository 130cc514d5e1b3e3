"""Keras' sequential model: `fastnn.Sequential` with what scripts expect of Keras' beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from fastnn.checking.scalars import true_or_false
from fastnn.interop.keras_config import described, readable
from fastnn.keras.blocks import Block
from fastnn.keras.samples import samples_of
from fastnn.keras.session import SESSION
from fastnn.keras.verbs import KerasModel
from fastnn.layers import Input, Layer
from fastnn.models import Sequential as Ours

__all__ = ["Sequential"]


class Sequential(KerasModel, Ours):
    """A stack of layers, with the arguments of Keras' ``Sequential``.

    Parameters
    ----------
    layers : list of Layer, optional
        From `fastnn.keras.layers`; `add` appends more.
    trainable : bool, default True
        False: training changes no weights.
    name : str, optional
    dtype, seed
        As in `fastnn.Sequential`; by default those of ``keras.backend.set_floatx`` and ``keras.utils.set_random_seed``.

    Examples
    --------
    >>> from fastnn.keras.layers import Dense
    >>> model = Sequential([Dense(8, input_dim=2, activation="relu"), Dense(1)])
    >>> model.compile("adam", "mse", metrics=["mae"])
    >>> model.metrics_names
    ['loss', 'mae']
    >>> model(np.ones((3, 2)), training=False).numpy().shape
    (3, 1)
    """

    def __init__(
        self,
        layers: Iterable[Layer] | None = None,
        trainable: bool = True,
        name: str | None = None,
        *,
        dtype: DTypeLike | None = None,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        trained = true_or_false(trainable, "trainable")
        super().__init__(
            layers,
            name="sequential" if name is None else name,
            dtype=SESSION.floatx if dtype is None else dtype,
            seed=SESSION.next_seed() if seed is None else seed,
        )
        # Its layers keep what they say, as in Keras.
        self._trainable = trained

    def add(self, layer: Any, **options: Any) -> None:
        """Append a layer; see `fastnn.Sequential.add`."""
        shape = getattr(layer, "sample_shape", None)
        if isinstance(layer, Block) and shape is not None and not self.layers and self.input_shape is None:
            super().add(Input(shape))
        super().add(layer, **options)

    def build(self, input_shape: Any = None) -> None:
        """Make the weights; the shape is that of a batch of any size, as in Keras, or, of one number, of a sample."""
        super().build(None if input_shape is None else samples_of(input_shape))

    def build_for(self, sample_shape: Any) -> None:
        super().build(sample_shape)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Sequential:
        """A new model of the layers that `get_config` described."""
        with readable("the configuration of a Sequential"):
            found = described({"class_name": "Sequential", "config": config}, custom_objects or {})
        return cls([Input(found.input_shape), *found.layers], name=found.name, dtype=found.dtype)
