"""The architecture of a model as plain values: what it is made of, without weights, state or anything that runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from fastnn.checking.scalars import true_or_false
from fastnn.layers.base import Layer
from fastnn.models.base import BaseModel

__all__ = ["FORMAT", "DescribedModel"]

FORMAT = "fastnn-architecture-1"
# What a configuration has beside name, dtype and layers, by the class that it is of.
_CONNECTIONS = {"Sequential": ("input_shape",), "Model": ("inputs", "nodes", "outputs")}


class DescribedModel(BaseModel):
    """A model that can be written down and made anew."""

    # What texts call it: a class of the user's own is one of these, too.
    _kind: ClassVar[str]

    def get_config(self) -> dict[str, Any]:
        """The model's name, dtype, connections and layers as plain values, without weights, optimiser and loss.

        Raises
        ------
        TypeError
            When a layer is of the user's own class. Own activations and initialisers are kept by name.
        """
        from fastnn.files.description import described

        layers = list(self.computing_layers)
        values = {"name": self.name, "dtype": self.dtype.name, **self.architecture(), "layers": layers}
        # Whatever each layer says.
        values |= {} if self.trainable else {"trainable": False}
        config: dict[str, Any] = described(values, initializers=True)
        return config

    @classmethod
    def _of_config(cls, config: Mapping[str, Any], layers: Sequence[Layer]) -> Self:
        """A model of these layers, which are those of the configuration, with new weights."""
        raise NotImplementedError

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """A new model of what `get_config` gave, with new weights, not compiled. It is data, and no code in it runs.

        Parameters
        ----------
        config : dict
        custom_objects : mapping of str to object, optional
            Activations (pairs of functions) and initialisers of your own, by their names.

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
        names = ("name", "dtype", *_CONNECTIONS[cls._kind], "layers")
        if set(config) - {"trainable"} != set(names) or not isinstance(config["layers"], list | tuple):
            there = ", ".join(map(str, config))
            raise ValueError(f"config must be what get_config gave, with {', '.join(names)}, but it has {there}")
        from fastnn.files.description import restored

        trained = true_or_false(config.get("trainable", True), "trainable")
        layers: list[Layer] = []
        made: list[Layer] = []
        for number, entry in enumerate(config["layers"]):
            layer = restored(entry, custom_objects or {}, f"layer {number} of config", made=made)
            if not isinstance(layer, Layer):
                raise ValueError(f"layer {number} of config must be a layer, but it is {entry!r}")
            layers.append(layer)
        model = cls._of_config(config, layers)
        model._trainable = trained
        return model

    def to_json(self, **options: Any) -> str:
        """`get_config` as JSON, which `fastnn.models.model_from_json` reads; options are those of ``json.dumps``."""
        content = {"format": FORMAT, "class_name": self._kind, "config": self.get_config()}
        return json.dumps(content, **options)
