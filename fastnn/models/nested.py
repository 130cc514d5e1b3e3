"""A model as a layer of another: the same layers, with the same weights."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.checking.names import snake_case
from fastnn.checking.shapes import Shape
from fastnn.layers.base import Layer, Variable, fixed_arrays
from fastnn.layers.layer_array import LayerArray
from fastnn.layers.lookup import Lookup
from fastnn.layers.once import variables_once
from fastnn.layers.symbolic import SymbolicTensor
from fastnn.layers.unchanged import unchanged_if_it_fails
from fastnn.models.layered import LayeredModel
from fastnn_ext.engine.plan import Plan

__all__ = ["ModelLayer", "as_layer", "called"]

# What models are called that were given no name.
_DEFAULT_NAMES = ("sequential", "functional")


class ModelLayer(Layer):
    """What a model becomes in another one: a layer whose arrays are the model's.

    To call a model on what a layer gives, or to put it among a model's layers, makes one. What a layer has not, such as
    ``summary`` and ``layers``, is the model's.

    Parameters
    ----------
    model : Sequential or Model
        Its layers cannot be changed any more. With several outputs, a call gives a list of as many values.
    name : str, optional
        By default the model's.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input
    >>> from fastnn.models import Model, Sequential
    >>> encoder = Sequential([Input((4,)), Dense(2, "tanh")], name="encoder")
    >>> x = Input((4,))
    >>> whole = Model(x, Dense(4)(encoder(x)))
    >>> [layer.name for layer in whole.layers]
    ['encoder', 'dense']
    >>> whole.layers[0].arrays["dense/kernel"] is encoder.layers[0].arrays["kernel"]
    True
    """

    def __init__(self, model: LayeredModel, *, name: str | None = None) -> None:
        if not isinstance(model, LayeredModel):
            raise TypeError(f"model must be a model, but it is {model!r}")
        if name is None and model.name not in (*_DEFAULT_NAMES, snake_case(type(model).__name__)):
            name = model.name
        shapes = model.input_shapes
        super().__init__(name=name, input_shape=shapes[0] if len(shapes) == 1 else None)
        self.model = model
        # The model of a file has no arrays yet: memory is taken once the file is known to have them.
        described = not model.awaits_shapes and not model.built and bool(model.layers)
        self._waits = described and model.layers[-1].output_shape is not None

    @property
    def inner_model(self) -> LayeredModel:
        return self.model

    @property
    def trainable(self) -> bool:
        """That of the model."""
        return self.model.trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        # The constructor of every layer sets it, before there is a model.
        if "model" in self.__dict__:
            self.model.trainable = value

    @property
    def acts_otherwise_in_training(self) -> bool:  # type: ignore[override]
        """Whether a layer of the model does."""
        return any(layer.acts_otherwise_in_training for layer in self.model.layers)

    @property
    def default_name(self) -> str:
        return self.model.name

    def shape_of_inputs(self, shapes: Sequence[Shape]) -> Any:
        count = max(1, len(self.model.input_shapes))
        if len(shapes) != count:
            raise ValueError(f"the model {self.model.name} takes {count} inputs, but is called on {len(shapes)}")
        return shapes[0] if count == 1 else tuple(shapes)

    def output_for(self, input_shape: Any) -> Shape:
        model = self.model
        if model.awaits_shapes:
            model.build_for(input_shape)
        for layer in model.layers:
            if isinstance(layer, Lookup):
                raise ValueError(
                    f"the model {model.name} looks up its data by {layer.name}, which the outermost model alone does: "
                    f"call {layer.name} on an Input of that one, and a model of the layers behind it on what that gives"
                )
        if not model.built and not self._waits:
            model.build_for(input_shape)
        expected = model.input_shapes
        given = [input_shape] if len(expected) == 1 else list(input_shape)
        if given != expected:
            raise ValueError(f"the model {model.name} takes samples of shape {model.input_shape}, not {input_shape}")
        self._share()
        return self.output_shapes[0]

    @property
    def output_shapes(self) -> list[Shape]:
        # A chain whose arrays are still to be made knows its layers'.
        model = self.model
        return model.output_shapes or [
            shape for layer in model.layers[-1:] if (shape := layer.output_shape) is not None
        ]

    def __call__(self, inputs: Any, training: bool | None = None) -> Any:
        """`Layer.__call__`; a list where the model has several outputs."""
        first = super().__call__(inputs, training)
        others = [self._other(first, place) for place in range(1, len(self.output_shapes))]
        return [first, *others] if others else first

    def _other(self, first: SymbolicTensor, place: int) -> SymbolicTensor:
        """Another value of a call than its first."""
        given = SymbolicTensor(self, (first,), self.output_shapes[place], place)
        self.note(given)
        return given

    @property
    def output(self) -> Any:
        """As of a layer; a list where the model has several outputs."""
        first = self._first()
        known = {one.place: one for ref in self._gave if (one := ref()) is not None and one.inputs == (first,)}
        others = [
            known[place] if place in known else self._other(first, place) for place in range(1, len(self.output_shapes))
        ]
        return [first, *others] if others else first

    def _share(self) -> None:
        """Let the model and its layers know that another one has them, and take their arrays."""
        self.model._keep(own_layer=weakref.ref(self))
        for layer in self.model.layers:
            layer._keep(shared=True)
        arrays = {f"{layer.name}/{name}": array for layer in self.model.layers for name, array in layer.arrays.items()}
        self._keep(arrays=fixed_arrays(arrays))

    def check_dtype(self, dtype: np.dtype[Any]) -> None:
        if self.model.dtype != dtype:
            raise ValueError(
                f"the model {self.model.name} is {self.model.dtype}, and shares its weights: make the one around it "
                f"with dtype={self.model.dtype.name!r}"
            )

    def brings_arrays(self) -> bool:
        if not self.model.built:
            self.model.allocate()
        self._share()
        return bool(self.arrays)

    def variables(self) -> list[Variable]:
        return [
            variable._replace(name=f"{layer.name}/{variable.name}")
            for layer in self.model.layers
            for variable in layer.variables()
        ]

    def owners(self) -> list[tuple[Layer, str]]:
        return [owner for layer in self.model.layers for owner in layer.owners()]

    def _weights_where(self, trained: bool) -> list[LayerArray]:
        if not self.arrays:
            return []
        # By itself it has none that train where it does not.
        still = {id(array) for array in self.model.frozen_arrays()}
        found = [(self.arrays[variable.name], variable.trainable) for _, variable in variables_once([self])]
        return [array.view(LayerArray) for array, learns in found if (learns and id(array) not in still) is trained]

    @property
    def output_activation(self) -> str | None:
        return self.output_activations()[0]

    def output_activations(self) -> list[str | None]:
        return self.model.output_activations()

    def lower_outputs(self, plan: Plan, values: Sequence[int], wanted: Sequence[int]) -> list[int]:
        return self.model.lower_calls(plan, values, wanted=wanted)

    def lower(self, plan: Plan) -> None:
        (end,) = self.lower_outputs(plan, [plan.value], [0])
        plan.follow(end)

    def configuration(self) -> dict[str, Any]:
        """The model's description, layers among it: what a file has of it."""
        model = self.model
        described = {
            "name": model.name,
            "dtype": model.dtype.name,
            **model.architecture(),
            "layers": list(model.computing_layers),
            **({} if model.trainable else {"trainable": False}),
        }
        return {"name": self.name, "model": described}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        # The model has arrays anew.
        self._share()

    def __getattr__(self, name: str) -> Any:
        # Asked for only where there is no attribute of this name; before the constructor has run there is no model.
        model = self.__dict__.get("model")
        if model is None or name.startswith("_"):
            raise AttributeError(f"a {type(self).__name__} has no attribute {name!r}")
        return getattr(model, name)

    def __repr__(self) -> str:
        return f"<ModelLayer {self.name or 'without a name'}: {self.model!r}>"


def as_layer(model: LayeredModel) -> ModelLayer:
    """The layer that a model is in others, always the same; ValueError for a model without layers."""
    layer: ModelLayer | None = None if model.own_layer is None else model.own_layer()
    if layer is None:
        if not model.awaits_shapes and not model.layers:
            raise ValueError(f"the model {model.name} has no layers: add them before it becomes a layer of another")
        layer = ModelLayer(model)
        model._keep(own_layer=weakref.ref(layer))
    return layer


def called(model: LayeredModel, inputs: Any, training: bool | None = None) -> Any:
    """What a model gives for symbolic inputs, for a graph around it; a list where it has several outputs."""
    with unchanged_if_it_fails(model):
        return as_layer(model)(inputs, training)
