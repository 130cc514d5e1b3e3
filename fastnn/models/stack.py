"""A stack of layers, built into one engine plan over one vector of parameters."""

from __future__ import annotations

import contextlib
import copy
import math
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.lib.array_utils import byte_bounds
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastnn.checking.arrays import check_finite, converted, float_dtype, no_memory
from fastnn.checking.fixed import FixedList
from fastnn.checking.names import non_empty_name
from fastnn.checking.shapes import Shape, checked_shape
from fastnn.checking.strict import Strict
from fastnn.layers.base import Layer, Variable, fixed_arrays
from fastnn.layers.input import Input
from fastnn.models.training import OptimizerState
from fastnn_ext.engine.plan import Plan, allocate
from fastnn_ext.tables.enums import Activation as Kind

__all__ = ["LayerStack"]


class LayerStack(Strict):
    """What a model is before it is trained: its layers, their shapes and weights; see `Sequential`.

    Attributes
    ----------
    parameters : ndarray or None
        All numbers that training changes by gradients, as one vector; the layers' arrays are views into it.
    plan : Plan or None
        What the engine runs.
    steps : OptimizerState
    rng : numpy.random.Generator
    training_lock : threading.Lock
        Held while the weights change.
    """

    # What a copy of a model makes anew: locks, and all that `_reset` sets.
    _not_copied: ClassVar[frozenset[str]] = frozenset(
        {"plan", "parameters", "_layer_of_call", "training_lock", "_building"}
    )

    _open = True
    _has_state = True
    _changeable = frozenset({"name", "rng"})
    _instead: ClassVar = {
        "parameters": "copy into them, model.parameters[:] = ...",
        "layers": "use model.add and model.pop, or make another model",
        "weights": "call model.set_weights",
        "trainable": "layers cannot be frozen yet, all of them train",
        "dtype": "make another model, Sequential(..., dtype=...)",
        "seed": "make another model, Sequential(..., seed=...)",
        **dict.fromkeys(("input_shape", "output_shape", "built"), "call model.build(input_shape)"),
        **dict.fromkeys(("plan", "steps", "training_lock"), "the model makes it"),
    }

    parameters: NDArray[Any] | None
    plan: Plan | None
    training_lock: threading.Lock

    def __init__(
        self,
        layers: Iterable[Layer] | None = None,
        *,
        name: str = "sequential",
        dtype: DTypeLike = np.float32,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        self.dtype: np.dtype[Any] = float_dtype(dtype)
        self.name = name
        self.layers = _fixed_layers(())
        self.rng = np.random.default_rng(seed)
        # Of what the engine draws: dropout, noise, augmentation.
        self.seed = int(self.rng.integers(1 << 63))
        self.steps = OptimizerState()
        self._declared_shape: Shape | None = None
        self._make_locks()
        self._reset()
        for layer in layers or ():
            self.add(layer)

    def _make_locks(self) -> None:
        self._keep(training_lock=threading.Lock())
        # Held while layers and plan are made, by the first of several threads that need them.
        self._building = threading.RLock()

    @contextlib.contextmanager
    def exclusively(self, what: str = "it cannot be trained") -> Iterator[None]:
        """Hold the model's training lock; RuntimeError says ``what`` cannot be done where a training holds it."""
        if not self.training_lock.acquire(blocking=False):
            raise RuntimeError(
                f"the model is being trained, in another thread or by the fit that called this: {what} meanwhile. "
                "Wait, or take a copy"
            )
        try:
            yield
        finally:
            self.training_lock.release()

    def _reset(self) -> None:
        self._keep(plan=None, parameters=None)
        self._layer_of_call: list[int] = []

    # Making.

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
    def built(self) -> bool:
        return self.plan is not None

    @property
    def input_shape(self) -> Shape | None:
        """Of one sample; None where it is not known yet."""
        if self._declared_shape is not None:
            return self._declared_shape
        return self.layers[0].declared_shape if self.layers else None

    @property
    def output_shape(self) -> Shape | None:
        """Of one sample's outputs; None until the model is built."""
        return self.layers[-1].output_shape if self.built else None

    def add(self, layer: Layer) -> None:
        """Append a layer. A model that is built already is built anew and keeps its weights.

        Raises
        ------
        TypeError
            When it is no layer of `fastnn.layers`.
        ValueError
            When it is in a model already, has another layer's name, or cannot take what comes from the one before.
        RuntimeError
            While the model is being trained.
        """
        with self.exclusively("no layer can be added"):
            self._add(layer)

    def _add(self, layer: Layer) -> None:
        if not isinstance(layer, Layer):
            raise TypeError(f"a model takes layers of fastnn.layers, such as Dense(10), but this is {layer!r}")
        if isinstance(layer, Input):
            if self.layers or self._declared_shape is not None:
                raise ValueError("an Input must be the first layer, and the only one")
            self._declared_shape = layer.declared_shape
            return
        if layer.in_model:
            raise ValueError(f"the layer {layer.name} is in a model already: make a new one for each")
        if layer.declared_shape is not None and self.layers:
            raise ValueError(f"only the first layer has an input_shape, but {_called(layer)} comes after others")
        layer._keep(_name=self._name_for(layer), in_model=True)
        list.append(self.layers, layer)
        try:
            if self.input_shape is not None:
                self._build(self.input_shape)
        except BaseException:
            list.pop(self.layers)
            layer._keep(in_model=False)
            raise

    def pop(self) -> Layer:
        """Remove the last layer and return it; RuntimeError while the model is being trained."""
        with self.exclusively("no layer can be removed"):
            if not self.layers:
                raise ValueError("there is no layer to remove")
            layer = list.pop(self.layers)
            layer._keep(in_model=False)
            if self.built and self.layers:
                assert self.input_shape is not None
                self._build(self.input_shape)
            else:
                self._reset()
            return layer

    def _name_for(self, layer: Layer) -> str:
        names = {other.name for other in self.layers}
        if layer.name is not None:
            if layer.name in names:
                raise ValueError(f"there is a layer {layer.name!r} already: names in a model must differ")
            return layer.name
        kind = type(layer).__name__
        base = "".join(
            f"_{c.lower()}" if c.isupper() and i and kind[i - 1].islower() else c.lower() for i, c in enumerate(kind)
        )
        number = 0
        while (name := base if number == 0 else f"{base}_{number}") in names:
            number += 1
        return name

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
            self._declared_shape = shape
            if not self.built:
                self._build(shape)

    def _build(self, input_shape: Shape) -> None:
        with self._building:
            self._build_alone(input_shape)

    def _build_alone(self, input_shape: Shape) -> None:
        self._infer(input_shape)
        self._reset()
        kept = {(layer.name, name): array for layer in self.layers for name, array in layer.arrays.items()}
        self._attach()
        for layer in self.layers:
            for variable in layer.variables():
                old = kept.get((layer.name, variable.name))
                if old is not None and old.shape == variable.shape:
                    layer.arrays[variable.name][...] = old
                else:
                    layer.arrays[variable.name][...] = _first_numbers(layer, variable, self.rng)
        self._lower(input_shape)
        self._keep(steps=OptimizerState())

    def _infer(self, input_shape: Shape) -> None:
        shape = input_shape
        for index, layer in enumerate(self.layers):
            if math.prod(shape) > sys.maxsize // self.dtype.itemsize:
                raise ValueError(f"{_called(layer)} would get samples of shape {shape}, larger than any memory")
            before = f"{_called(self.layers[index - 1])} gives" if index else "the input has"
            try:
                shape = layer.build(shape)
            except ValueError as error:
                raise ValueError(f"{_called(layer)} does not fit: {error} ({before} shape {shape})") from None

    def assemble(self, layers: Sequence[Layer], input_shape: Shape, weights: Sequence[NDArray[Any]]) -> None:
        """Take layers with the weights that they had elsewhere.

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
        expected = self.take(layers, input_shape)
        if len(weights) != len(expected):
            raise ValueError(f"the layers have {len(expected)} arrays, but there are {len(weights)}")
        given = []
        for (layer, variable), array in zip(expected, weights, strict=True):
            check_fits(layer, variable.name, variable.shape, array)
            given.append(converted(array, self.dtype, f"the {variable.name} of {layer.name}"))
        self.allocate()
        for (layer, variable), array in zip(expected, given, strict=True):
            layer.arrays[variable.name][...] = array

    def take(self, layers: Sequence[Layer], input_shape: Shape) -> list[tuple[Layer, Variable]]:
        """Take layers, all with names and in no model, and tell what arrays they need. It takes no memory for them."""
        self._keep(layers=_fixed_layers(layers))
        self._declared_shape = input_shape
        names = [layer.name for layer in layers]
        if len(set(names)) < len(names):
            raise ValueError(f"names of layers must differ, but they are {names}")
        self._infer(input_shape)
        return [(layer, variable) for layer in layers for variable in layer.variables()]

    def allocate(self) -> None:
        """Make the arrays of layers that were taken, and the plan over them; the caller puts numbers into them."""
        assert self._declared_shape is not None
        self._reset()
        self._attach()
        self._lower(self._declared_shape)
        for layer in self.layers:
            layer._keep(in_model=True)

    def _attach(self) -> None:
        """One vector for all that gradients change, one for the rest; layers hold views."""
        variables = [(layer, variable) for layer in self.layers for variable in layer.variables()]
        views: dict[tuple[int, str], NDArray[Any]] = {}
        for trainable in (True, False):
            mine = [(layer, variable) for layer, variable in variables if variable.trainable is trainable]
            try:
                vector, arrays = allocate([variable.shape for _, variable in mine], self.dtype)
            except (MemoryError, ValueError, OverflowError) as error:
                layer, largest = max(mine, key=lambda one: math.prod(one[1].shape))
                raise no_memory(f"the {largest.name} of {_called(layer)}", largest.shape, self.dtype) from error
            views |= {(id(layer), variable.name): array for (layer, variable), array in zip(mine, arrays, strict=True)}
            if trainable:
                self._keep(parameters=vector)
        for layer in self.layers:
            own = {variable.name: views[id(layer), variable.name] for variable in layer.variables()}
            layer._keep(arrays=fixed_arrays(own))

    def _lower(self, input_shape: Shape) -> None:
        plan = Plan(math.prod(input_shape), self.dtype, input_shape)
        self._layer_of_call = []
        for index, layer in enumerate(self.layers):
            layer.lower(plan)
            self._layer_of_call += [index] * (plan.calls - len(self._layer_of_call))
        if not self._layer_of_call:
            # Layers that hand on what they get, such as Activation("linear") alone: a slope of 1 is the identity.
            plan.add_activation(Kind.LEAKY_RELU, 1.0)
            self._layer_of_call = [len(self.layers) - 1]
        self._keep(plan=plan)

    def needs_plan(self) -> Plan:
        """The plan of a model that is built.

        Raises RuntimeError where it is not.
        """
        plan = self.plan
        if plan is None:
            self.build()
            plan = self.plan
        assert plan is not None
        return plan

    def layer_of(self, call: int) -> str:
        """How messages call the layer that made this operation of the plan."""
        return _called(self.layers[self._layer_of_call[call]])

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by its name or its place."""
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

    # Weights.

    def get_weights(self) -> list[NDArray[Any]]:
        """Copies of all arrays, layer by layer: kernel and bias; gamma, beta, moving mean and variance."""
        return [array for layer in self.layers for array in layer.get_weights()]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Put arrays in place of the model's, in the order of `get_weights`.

        Raises
        ------
        ValueError
            When their number or a shape is another, or a number is not finite or too large for the model's dtype;
            nothing has changed then.
        """
        self.needs_plan()
        own = [(layer, name, array) for layer in self.layers for name, array in layer.arrays.items()]
        if isinstance(weights, np.ndarray) or len(weights) != len(own):
            raise ValueError(f"weights must be a list of {len(own)} arrays, but there are {len(weights)}")
        given = []
        for value, (layer, name, array) in zip(weights, own, strict=True):
            new = np.asarray(value)
            check_fits(layer, name, array.shape, new)
            given.append(converted(new, self.dtype, f"the {name} of {layer.name}"))
        # Views of the model's own arrays, to swap two layers, say, would be read when they are written already.
        bounds = [byte_bounds(array) for _, _, array in own]
        first, last = min((low for low, _ in bounds), default=0), max((high for _, high in bounds), default=0)
        given = [new.copy() if byte_bounds(new)[0] < last and first < byte_bounds(new)[1] else new for new in given]
        for new, (_, _, array) in zip(given, own, strict=True):
            array[...] = new

    def count_params(self) -> int:
        """How many numbers the layers' arrays hold."""
        self.needs_plan()
        return sum(layer.count_params() for layer in self.layers)

    def __copy__(self) -> Self:
        """A model of its own: layers belong to one model, so that no two can share them."""
        return copy.deepcopy(self)

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in vars(self).items() if name not in self._not_copied}
        return state | {"weights": self.get_weights() if self.built else None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        weights = state.pop("weights")
        self.__dict__.update(state)
        self._make_locks()
        self._reset()
        for layer in self.layers:
            layer._keep(in_model=True)
        if weights is not None:
            assert self.input_shape is not None
            self.assemble(self.layers, self.input_shape, weights)


def _fixed_layers(layers: Iterable[Layer]) -> FixedList[Layer]:
    return FixedList(layers, "model.layers", "use model.add and model.pop, or make another model")


def _called(layer: Layer) -> str:
    return f"{layer.name} ({type(layer).__name__})"


def _first_numbers(layer: Layer, variable: Variable, rng: np.random.Generator) -> NDArray[Any]:
    try:
        numbers = np.asarray(variable.initializer(variable.shape, rng))
    except MemoryError as error:
        # In float64, beside those of the model.
        called = f"the first numbers of the {variable.name} of {_called(layer)}"
        raise no_memory(called, variable.shape, np.dtype(np.float64)) from error
    if numbers.shape != variable.shape or numbers.dtype.kind not in "fiu" or not np.isfinite(numbers).all():
        raise ValueError(
            f"the initializer of the {variable.name} of {layer.name} must give finite numbers of shape "
            f"{variable.shape}, but gave {numbers.dtype} of shape {numbers.shape}"
        )
    return numbers


def check_fits(layer: Layer, name: str, shape: Shape, array: NDArray[Any]) -> None:
    """Raise where an array cannot be that variable of the layer."""
    if array.dtype.kind not in "fiub":
        raise TypeError(f"the {name} of {layer.name} must hold real numbers, but its dtype is {array.dtype}")
    if array.shape != shape:
        raise ValueError(f"the {name} of {layer.name} must have shape {shape}, but its shape is {array.shape}")
    check_finite(array, f"the {name} of {layer.name}")
