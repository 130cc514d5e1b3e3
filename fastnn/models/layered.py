"""The layers of a model: their shapes, their arrays in one vector of parameters, and their plan for the engine."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastnn.checking.arrays import float_dtype
from fastnn.checking.fixed import FixedList
from fastnn.checking.names import non_empty_name
from fastnn.checking.scalars import true_or_false
from fastnn.checking.strict import known_names_only
from fastnn.layers.base import Layer
from fastnn.layers.drawing import DrawingLayer
from fastnn.layers.freezing import FREEZINGS
from fastnn.layers.lookup import Lookup
from fastnn.layers.once import variables_once
from fastnn.models.layer_arrays import allocate_arrays, checked_weights, initial_values, label
from fastnn.models.leaves import leaf_layers
from fastnn.models.weights import ModelWeights
from fastnn_ext.engine.plan import Plan

__all__ = ["LayeredModel", "fixed_layers"]


_OWN_LOOP = "write a loop of your own with model.gradients and model.apply_gradients"
# Methods of a class of the user's own that nothing here would call.
_NOT_RUN = {
    "call": "describe what it calls, x = Input(shape); model = Model(x, call(x)), with layers that are made before, or "
    "derive the class from fastnn.keras.Model",
    **dict.fromkeys(("train_step", "compute_loss", "compute_gradients"), _OWN_LOOP),
    **dict.fromkeys(("test_step", "predict_step", "compute_metrics"), "work with what model.predict returns"),
}


def fixed_layers(layers: Iterable[Layer]) -> FixedList[Layer]:
    """A list of layers that only the model changes."""
    return FixedList(layers, "model.layers", "use model.add and model.pop, or make another model")


class LayeredModel(ModelWeights):
    """Layers with their weights. How they are connected is the subclass' matter: it has `_infer` and `_lower`.

    Parameters
    ----------
    name : str
    dtype : dtype-like, default float32
        float32 or float64: of parameters and outputs.
    seed : int, numpy.random.Generator or None
        Source of all random numbers.

    Attributes
    ----------
    layers : list of Layer
        In the order of their weights, and in which they can be computed.
    parameters : ndarray or None
        All numbers that training changes by gradients, as one vector; the layers' arrays are views into it. None before
        the model is built, and where layers have their arrays from another model: the weights of both lie there.
    plan : Plan or None
        What the engine runs; None until the model is built.
    lookups : dict of int to Lookup
        What the data of inputs go through before the engine reads them, by the inputs' numbers.
    rng : numpy.random.Generator
    seed : int
        Of what the engine draws: dropout, noise, augmentation.
    trainable : bool
        Whether training changes anything: False freezes all layers, whatever each says. Assigning it assigns that of
        every layer, too, which is all that counts where the model is a layer of another.
    """

    # What a copy of a model makes anew: locks, and all that `_reset` sets.
    _not_copied: ClassVar[frozenset[str]] = frozenset(
        {"plan", "parameters", "lookups", "_layer_of_call", "_building", "_tensors", "own_layer"}
    )

    _open = True
    _has_state = True
    # Methods of users' classes that this one runs although others do not.
    _run: ClassVar[frozenset[str]] = frozenset()
    # Whether the layers are not known before the shape of a sample is.
    awaits_shapes = False
    _changeable = frozenset({"name", "rng", "trainable"})
    _instead: ClassVar = {
        "parameters": "copy into them, model.parameters[:] = ...",
        "layers": "use model.add and model.pop, or make another model",
        "weights": "call model.set_weights",
        "dtype": "make another model, Sequential(..., dtype=...)",
        "seed": "make another model, Sequential(..., seed=...)",
        **dict.fromkeys(("input_shape", "output_shape", "built"), "call model.build(input_shape)"),
        "own_layer": "to call the model on a symbolic tensor makes it",
        **dict.fromkeys(("plan", "lookups"), "the model makes it"),
    }

    parameters: NDArray[Any] | None
    plan: Plan | None
    lookups: dict[int, Lookup]

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        for name, instead in _NOT_RUN.items():
            if name not in cls._run and hasattr(cls, name):
                raise TypeError(f"{cls.__name__} has a method {name}, which Keras runs and fastnn does not: {instead}")

    def __init__(self, *, name: str, dtype: DTypeLike, seed: int | np.random.Generator | None) -> None:
        self.dtype: np.dtype[Any] = float_dtype(dtype)
        self.name = name
        self.layers = fixed_layers(())
        self._trainable = True
        self.rng = np.random.default_rng(seed)
        self.seed = int(self.rng.integers(1 << 63))
        self._make_locks()
        self._reset()

    def _make_locks(self) -> None:
        # Held while layers and plan are made, by the first of several threads that need them.
        self._building = threading.RLock()

    def _reset(self) -> None:
        """Forget the plan and what depends on it."""
        self._keep(plan=None, parameters=None, lookups={})
        self._layer_of_call: list[int] = []

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = non_empty_name(value, "name")

    @property
    def rng(self) -> np.random.Generator:
        return self._rng

    @rng.setter
    def rng(self, value: np.random.Generator) -> None:
        if not isinstance(value, np.random.Generator):
            raise TypeError(f"rng must be a numpy.random.Generator, but it is {value!r}")
        self._rng = value

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = true_or_false(value, "trainable")
        FREEZINGS.note()
        for layer in self.layers:
            layer.trainable = value

    @property
    def computing_layers(self) -> Sequence[Layer]:
        """`layers` without inputs, which are among them in `fastnn.keras` alone."""
        return self.layers

    @property
    def frozen_layers(self) -> list[bool]:
        """For each layer that computes, those of models within among them, whether training leaves it as it is.

        As in Keras, what a model within says counts as that of its layers, which it was assigned to, and no further.
        """
        return [not (layer.trainable and self._trainable) for layer in leaf_layers(self.layers)]

    def frozen_arrays(self) -> list[NDArray[Any]]:
        """The arrays of these layers."""
        pairs = zip(leaf_layers(self.layers), self.frozen_layers, strict=True)
        return [array for layer, frozen in pairs if frozen for array in layer.arrays.values()]

    @property
    def built(self) -> bool:
        return self.plan is not None

    def architecture(self) -> dict[str, Any]:
        """How layers are connected, as plain values for a file."""
        raise NotImplementedError

    # Building.

    def build(self, input_shape: Sequence[int] | None = None) -> None:
        """Find all shapes and make the weights."""
        raise NotImplementedError

    def build_for(self, sample_shape: Any) -> None:
        """`build` for samples of this shape, which is what the package calls: Keras' takes that of a batch."""
        self.build(sample_shape)

    def _infer(self) -> None:
        """Build each layer for the shape of its input, beginning with the model's `input_shape`."""
        raise NotImplementedError

    def _lower(self) -> tuple[Plan, list[int]]:
        """The plan of built layers, and for each of its operations the index of the layer that made it."""
        raise NotImplementedError

    def _build(self) -> None:
        """Make the arrays and the plan; arrays of the same layer, name and shape keep their values."""
        with self._building:
            self._infer()
            self._reset()
            kept = {(layer.name, name): array for layer in self.layers for name, array in layer.arrays.items()}
            self._keep(parameters=allocate_arrays(self.layers, self.dtype))
            for layer in self.layers:
                for variable in layer.variables():
                    old = kept.get((layer.name, variable.name))
                    if old is None or old.shape != variable.shape:
                        old = initial_values(layer, variable, self.rng)
                    layer.arrays[variable.name][...] = old
            self._make_plan()

    def layers_of_inputs(self) -> list[tuple[int, Layer]]:
        """The layers that take inputs as they come in, each with the number of one."""
        return [(0, self.layers[0])] if self.layers else []

    def find_lookups(self) -> dict[int, Lookup]:
        """The layers that look up the data of inputs, by the numbers of these."""
        return {number: layer for number, layer in self.layers_of_inputs() if isinstance(layer, Lookup)}

    def _make_plan(self) -> None:
        drawing = (layer for layer in leaf_layers(self.layers) if isinstance(layer, DrawingLayer))
        seeds = [layer.seed for layer in drawing if layer.seed is not None]
        if seeds:
            # What the engine draws is a function of one seed and the layer's place.
            self._keep(seed=int(np.random.SeedSequence(seeds).generate_state(1, np.uint64)[0] >> 1))
        plan, self._layer_of_call = self._lower()
        self._keep(plan=plan, lookups=self.find_lookups())
        self._describe()

    def lower_calls(
        self,
        plan: Plan,
        values: Sequence[int],
        layer_of_call: list[int] | None = None,
        wanted: Sequence[int] | None = None,
    ) -> list[int]:
        """Append the layers to a plan, on these of its values; return the values that the model gives.

        ``layer_of_call`` receives, for each operation of the plan, the index of the layer that made it. ``wanted`` has
        the numbers of the outputs that are needed, in their order: what leads to no such output is left out.
        """
        raise NotImplementedError

    def allocate(self) -> None:
        """Make the arrays of layers whose shapes are known, and the plan over them; the caller fills them."""
        self._reset()
        self._keep(parameters=allocate_arrays(self.layers, self.dtype))
        self._make_plan()
        for layer in self.layers:
            layer._keep(in_model=True)

    def _fill(self, weights: Sequence[NDArray[Any]]) -> None:
        """`allocate`, with these weights; ValueError where they do not fit, before anything has changed."""
        given = iter(checked_weights(self.layers, weights, self.dtype))
        self.allocate()
        for layer, variable in variables_once(self.layers):
            layer.arrays[variable.name][...] = next(given)

    def needs_plan(self) -> Plan:
        """The plan. A model that is not built yet is built; raises as `build` does if it cannot be."""
        plan = self.plan
        if plan is None:
            self.build()
            plan = self.plan
        assert plan is not None
        return plan

    def layer_of(self, call: int) -> str:
        """The name, in messages, of the layer that made this operation of the plan."""
        return label(self.computing_layers[self._layer_of_call[call]])

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by its name or its index."""
        if (name is None) == (index is None):
            raise ValueError("get_layer takes a name or an index, one of the two")
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"there is no layer {index}: the model has {len(self.layers)} layers")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = ", ".join(str(layer.name) for layer in self.layers)
        raise ValueError(f"there is no layer {name!r}: the model has {known}")

    @known_names_only
    def summary(self, *, print_fn: Callable[[str], object] = print) -> None:
        """Print a table of the layers with their shapes and numbers of parameters."""
        from fastnn.models.summary import summary_of

        print_fn(summary_of(self.name, self.layers, self.dtype, self.built, self._connections(), self.frozen_arrays()))

    def _connections(self) -> list[str] | None:
        """What each layer takes, for the summary; None where it is the layer before."""
        return None

    def _repr_html_(self) -> str:
        """The summary, as Jupyter shows it."""
        from fastnn.html import table
        from fastnn.models.summary import header_of, summary_rows, totals

        below = totals(self.layers, self.dtype, self.built, self.frozen_arrays())
        connections = self._connections()
        return table(f"model: {self.name}", header_of(connections), summary_rows(self.layers, connections), below)

    # Copying.

    def __copy__(self) -> Self:
        """A deep copy, with weights of its own."""
        return copy.deepcopy(self)

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in vars(self).items() if name not in self._not_copied}
        return state | {"weights": self.get_weights() if self.built else None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        weights = state.pop("weights")
        self.__dict__.update(state)
        self._make_locks()
        self._reset()
        # Another model may be copied with it.
        for layer in self.layers:
            layer._keep(in_model=True, shared=layer.in_model)
        if weights is not None:
            self._infer()
            self._fill(weights)
