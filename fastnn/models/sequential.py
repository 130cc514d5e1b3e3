"""The sequential model: layers one after the other."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastnn.checking.shapes import Shape, checked_shape
from fastnn.layers.base import Layer, Variable
from fastnn.layers.input import Input
from fastnn.layers.lookup import Lookup, StringLookup
from fastnn.layers.once import variables_once
from fastnn.layers.unchanged import unchanged_if_it_fails
from fastnn.models.architecture import DescribedModel
from fastnn.models.layer_arrays import label
from fastnn.models.layered import LayeredModel, fixed_layers
from fastnn.models.naming import name_for
from fastnn.models.nested import ModelLayer, as_layer
from fastnn_ext.engine.plan import Plan
from fastnn_ext.tables.enums import Activation as Kind

__all__ = ["Sequential"]


class Sequential(DescribedModel):
    """A stack of layers.

    Parameters
    ----------
    layers : list of Layer or model, optional
        From `fastnn.layers`; `add` appends more. A layer of another model, and a model, share their weights.
    name : str, default "sequential"
    dtype : dtype-like, default float32
        float32 or float64: of parameters and outputs.
    seed : int, numpy.random.Generator or None
        Source of the first weights, of the order of samples, of dropout, noise and augmentation; by default a fresh,
        unpredictable one.

    Attributes
    ----------
    layers : list of Layer
    built : bool
        Whether shapes are known and weights are there.
    optimizer : Optimizer or None
    stop_training : bool
        Set by a callback, it ends ``fit`` after the epoch.
    history : History or None
        Of the last ``fit``.
    feature_names : tuple of str, or None
        Of the columns that the model was trained on; None where they had no names. Data frames with names then go by
        them, whatever their order, and are refused where a name is missing or another. Arrays go by place.
    metadata : dict of str to plain values
        Whatever belongs to the model, such as names of its inputs: what JSON can hold. Saved with it.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input
    >>> x = np.random.default_rng(0).normal(size=(100, 2)).astype("float32")
    >>> y = (x[:, :1] > x[:, 1:]).astype("float32")
    >>> model = Sequential([Input((2,)), Dense(8, "relu"), Dense(1, "sigmoid")], seed=0)
    >>> model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    >>> history = model.fit(x, y, epochs=30, batch_size=10)
    >>> history.history["accuracy"][-1] > 0.9
    True
    >>> model.predict(x[:2]).shape
    (2, 1)
    """

    _kind: ClassVar = "Sequential"
    # Whether the constructor adds layers.
    _adding_many = False

    def __init__(
        self,
        layers: Iterable[Layer] | None = None,
        *,
        name: str = "sequential",
        dtype: DTypeLike = np.float32,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype, seed=seed)
        self._declared_shape: Shape | None = None
        self._of_strings = False
        # Where it begins, as the user gave it or as it is made.
        self._begin: Input | None = None
        layers = list(layers or ())
        with unchanged_if_it_fails(*layers):
            # All layers are built together: one by one, each would build those before it again.
            self._adding_many = True
            for layer in layers:
                self.add(layer)
            del self._adding_many
            if self.layers and self.input_shape is not None:
                self._build()

    @property
    def input_shape(self) -> Shape | None:
        """Of one sample; None where it is not known yet."""
        if self._declared_shape is not None:
            return self._declared_shape
        if not self.layers:
            return None
        first = self.layers[0]
        # What another model has, too, takes what it takes there.
        return first.input_shape if first.declared_shape is None and first.shared else first.declared_shape

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        if self.layers and self.layers[0].declared_shape is None:
            # That of a layer that another model has, too, is known from there.
            state["_declared_shape"] = self.input_shape
        return state

    def add(self, layer: Layer | LayeredModel) -> None:
        """Append a layer. A model that is built already is built anew and keeps its weights.

        What another model has, too, keeps its arrays: training either model changes both.

        Raises
        ------
        TypeError
            When it is no layer of `fastnn.layers`, and no model.
        ValueError
            When it has another layer's name, cannot take what comes from the one before, or is of another dtype. When
            this model is a layer of another.
        RuntimeError
            While the model is being trained.
        """
        with self.exclusively("no layer can be added"):
            if self._adding_many:
                self._add(layer)
                return
            with unchanged_if_it_fails(self, layer):
                self._add(layer)
                if self.layers and self.input_shape is not None:
                    self._build()

    def _add(self, layer: Layer | LayeredModel) -> None:
        self._must_be_nobodys_layer()
        if isinstance(layer, LayeredModel):
            layer = as_layer(layer)
        if not isinstance(layer, Layer):
            raise TypeError(f"a model takes layers of fastnn.layers, such as Dense(10), but this is {layer!r}")
        if isinstance(layer, Input):
            if self.layers or self._declared_shape is not None:
                raise ValueError("an Input must be the first layer, and the only one")
            self._declared_shape, self._begin = layer.declared_shape, layer
            self._of_strings = layer.dtype == "string"
            return
        layer.check_dtype(self.dtype)
        # A layer of another model may be the first there.
        alone = layer.declared_shape is not None and not layer.in_model and not isinstance(layer, ModelLayer)
        if alone and self.layers:
            raise ValueError(f"only the first layer has an input_shape, but {label(layer)} comes after others")
        if any(other is layer for other in self.layers):
            raise ValueError(
                f"there is a layer {layer.name!r} already: a chain has each layer once, and a fastnn.Model "
                "may call one several times"
            )
        name = name_for(layer, {other.name for other in self.layers})
        by_model = layer.name is None or layer.named_by_model
        layer._keep(_name=name, in_model=True, shared=layer.in_model, named_by_model=by_model)
        list.append(self.layers, layer)

    def pop(self) -> Layer:
        """Remove the last layer and return it; RuntimeError while the model is being trained."""
        with self.exclusively("no layer can be removed"):
            if not self.layers:
                raise ValueError("there is no layer to remove")
            self._must_be_nobodys_layer()
            with unchanged_if_it_fails(self):
                layer = list.pop(self.layers)
                layer._keep(in_model=layer.shared)
                if self.built and self.layers:
                    self._build()
                else:
                    self._reset()
            return layer

    def build(self, input_shape: Sequence[int] | None = None) -> None:
        """Find all shapes and make the weights.

        Parameters
        ----------
        input_shape : tuple of int, optional
            Of one sample, without the batch; by default that of the `Input` or the first layer.

        Raises
        ------
        ValueError
            When it is not known, or a layer cannot take what comes from the one before; the message names the layer.
        """
        shape = None if input_shape is None else checked_shape(input_shape, "input_shape")
        with self._building:
            known = self.input_shape
            if shape is None:
                shape = known
            if shape is None:
                raise ValueError(
                    "the shape of a sample is not known: start with Input(shape), or call build(input_shape)"
                )
            if not self.layers:
                raise ValueError("the model has no layers: add one, such as Dense(1)")
            if known is not None and shape != known:
                raise ValueError(f"the model takes samples of shape {known}, not {shape}")
            if not self.built:
                with unchanged_if_it_fails(self):
                    self._declared_shape = shape
                    self._build()

    def _infer(self) -> None:
        shape = self.input_shape
        assert shape is not None
        if self._of_strings and not isinstance(self.layers[0], StringLookup):
            raise ValueError(
                f"{label(self.layers[0])} takes numbers, but the Input has dtype='string': put a StringLookup between"
            )
        for layer in self.layers[1:]:
            if isinstance(layer, Lookup):
                raise ValueError(f"{label(layer)} looks up the data as they come in: it must be the first layer")
        for index, layer in enumerate(self.layers):
            if math.prod(shape) > sys.maxsize // self.dtype.itemsize:
                raise ValueError(f"{label(layer)} would get samples of shape {shape}, larger than any memory")
            before = f"{label(self.layers[index - 1])} gives" if index else "the input has"
            try:
                shape = layer.build(shape)
            except ValueError as error:
                raise ValueError(f"{label(layer)} does not fit: {error} ({before} shape {shape})") from None
            if len(layer.output_shapes) > 1:
                raise ValueError(
                    f"{label(layer)} gives {len(layer.output_shapes)} values, and a chain goes on from one: call it in "
                    "a Model, which may have several outputs"
                )

    def assemble(self, layers: Sequence[Layer], input_shape: Shape, weights: Sequence[NDArray[Any]]) -> None:
        """Use these layers, with weights that come from elsewhere.

        Parameters
        ----------
        layers : sequence of Layer
            All with names, in no model.
        weights : sequence of ndarray
            In the order of `get_weights`.

        Raises
        ------
        ValueError
            When layers or weights do not fit.
        """
        self.take(layers, input_shape)
        self._fill(weights)

    def take(self, layers: Sequence[Layer], input_shape: Shape) -> list[tuple[Layer, Variable]]:
        """Use these layers, all named; return the arrays that they need. Nothing is allocated."""
        own = set(self.layers)
        self._keep(layers=fixed_layers(layers))
        self._declared_shape = input_shape
        names = [layer.name for layer in layers]
        if len(set(names)) < len(names):
            raise ValueError(f"names of layers must differ, but they are {names}")
        for layer in layers:
            layer._keep(in_model=True, shared=layer.shared or (layer.in_model and layer not in own))
        self._infer()
        return variables_once(layers)

    def _lower(self) -> tuple[Plan, list[int]]:
        shape = self.input_shape
        assert shape is not None
        plan = Plan(math.prod(shape), self.dtype, shape)
        layer_of_call: list[int] = []
        self.lower_calls(plan, [plan.value], layer_of_call)
        if not layer_of_call:
            # Layers that hand on what they get, such as Activation("linear") alone: a slope of 1 is the identity.
            plan.add_activation(Kind.LEAKY_RELU, 1.0)
            layer_of_call = [len(self.layers) - 1]
        return plan, layer_of_call

    def lower_calls(
        self,
        plan: Plan,
        values: Sequence[int],
        layer_of_call: list[int] | None = None,
        wanted: Sequence[int] | None = None,
    ) -> list[int]:
        plan.follow(values[0])
        for index, layer in enumerate(self.layers):
            layer.lower(plan)
            if layer_of_call is not None:
                layer_of_call += [index] * (plan.calls - len(layer_of_call))
        return [plan.value]

    def _describe(self) -> None:
        shape = self.input_shape
        assert shape is not None
        if self._begin is None:
            self._begin = Input(shape)
        self._describe_chain(self._begin.tensor, self.layers)

    @classmethod
    def _of_config(cls, config: Mapping[str, Any], layers: Sequence[Layer]) -> Self:
        shape = config["input_shape"]
        begin = [] if shape is None else [Input(checked_shape(shape, "input_shape of config"))]
        return cls([*begin, *layers], name=config["name"], dtype=config["dtype"], seed=None)

    @classmethod
    def of_architecture(
        cls, architecture: Mapping[str, Any], layers: Sequence[Layer], *, name: str, dtype: DTypeLike, seed: int
    ) -> Sequential:
        """A model of these layers, all with names and in no model, as `architecture` told; it has no arrays yet."""
        model = cls(name=name, dtype=dtype, seed=seed)
        model.take(layers, checked_shape(architecture["input_shape"], "input_shape"))
        return model

    def architecture(self) -> dict[str, Any]:
        return {"input_shape": self.input_shape}

    def __repr__(self) -> str:
        kinds = ", ".join(type(layer).__name__ for layer in self.layers)
        return f"<Sequential {self.name}: {kinds or 'no layers'}>"
