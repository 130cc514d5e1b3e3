"""The architecture of a model as plain values: what it is made of, without weights, state or anything that runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Self

from fastnn.checking.shapes import checked_shape
from fastnn.layers.base import Layer
from fastnn.layers.input import Input
from fastnn.models.base import BaseModel

__all__ = ["CLASS_NAME", "FORMAT", "DescribedModel"]

FORMAT = "fastnn-architecture-1"
# The class of model that there is; another one will have its own name.
CLASS_NAME = "Sequential"
_NAMES = ("name", "dtype", "input_shape", "layers")


class DescribedModel(BaseModel):
    """A model that can be written down and made anew; a subclass is made of its layers."""

    def __init__(self, layers: Iterable[Layer] | None = None, *, name: str, dtype: Any, seed: Any) -> None:
        super().__init__(name=name, dtype=dtype, seed=seed)

    def get_config(self) -> dict[str, Any]:
        """The model's name, dtype, input shape and layers as plain values, without weights, optimiser and loss.

        Raises
        ------
        TypeError
            When a layer is of the user's own class. Own activations are kept by name.
        """
        from fastnn.files.description import described

        values = self.name, self.dtype.name, self.input_shape, list(self.layers)
        config: dict[str, Any] = described(dict(zip(_NAMES, values, strict=True)))
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """A new model of what `get_config` gave, with new weights, not compiled. It is data, and no code in it runs.

        Parameters
        ----------
        config : dict
        custom_objects : mapping of str to object, optional
            Activations (pairs of functions) of your own, by their names.

        Raises
        ------
        TypeError, ValueError
            For what is no such configuration; the message names what is wrong.

        Examples
        --------
        >>> from fastnn import Dense, Input, Sequential
        >>> model = Sequential([Input((3,)), Dense(2, "relu")])
        >>> Sequential.from_config(model.get_config()).count_params()
        8
        """
        if not isinstance(config, Mapping):
            raise TypeError(f"config must be what get_config gave, a dict, but it is a {type(config).__name__}")
        if set(config) != set(_NAMES) or not isinstance(config["layers"], list | tuple):
            there = ", ".join(map(str, config))
            raise ValueError(f"config must be what get_config gave, with {', '.join(_NAMES)}, but it has {there}")
        from fastnn.files.description import restored

        layers: list[Layer] = []
        if config["input_shape"] is not None:
            layers.append(Input(checked_shape(config["input_shape"], "input_shape of config")))
        for number, entry in enumerate(config["layers"]):
            layer = restored(entry, custom_objects or {}, f"layer {number} of config")
            if not isinstance(layer, Layer):
                raise ValueError(f"layer {number} of config must be a layer, but it is {entry!r}")
            layers.append(layer)
        return cls(layers, name=config["name"], dtype=config["dtype"], seed=None)

    def to_json(self, **options: Any) -> str:
        """`get_config` as JSON, which `fastnn.models.model_from_json` reads; options are those of ``json.dumps``."""
        content = {"format": FORMAT, "class_name": CLASS_NAME, "config": self.get_config()}
        return json.dumps(content, **options)
