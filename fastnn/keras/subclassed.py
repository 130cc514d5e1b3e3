"""Models of a user's own class, whose ``call`` says how layers are connected: it is described once, as a graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, NoReturn

import numpy as np

from fastnn.checking.fixed import FixedList
from fastnn.checking.shapes import Shape, checked_shape
from fastnn.html import table
from fastnn.keras import optimizers
from fastnn.keras.describing import described_outputs
from fastnn.keras.own_weights import OwnWeight
from fastnn.keras.samples import samples_of
from fastnn.keras.verbs import KerasModel
from fastnn.layers.base import Layer
from fastnn.layers.input import Input
from fastnn.layers.symbolic import SymbolicTensor, is_symbolic, tensors_of
from fastnn.layers.unchanged import unchanged_if_it_fails
from fastnn.models import Model as Ours
from fastnn.models.graph import Graph
from fastnn.models.layered import LayeredModel

__all__ = ["SubclassedModel"]

# Of a model itself, not of its user.
_NOT_THE_USERS = frozenset({"layers", "_tensors", "model"})


class SubclassedModel(KerasModel, Ours):
    """What a model is whose class has a ``call``: without layers until the shape of a sample is known.

    Parameters are those of `fastnn.keras.Model`.
    """

    _run = frozenset({"call"})
    # The user's own ``build``, which makes layers of the shape of a batch.
    _own_build: ClassVar[Any] = None
    _by_call = False
    _runs_own_build = False
    # What ``compile`` was called with before outputs are known.
    _compilation: tuple[tuple[Any, ...], dict[str, Any]] | None = None

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "build" in vars(cls) and hasattr(cls, "call") and not cls.__module__.startswith("fastnn."):
            # It is run by that of this class, which is what everybody calls.
            cls._own_build = cls.build
            del cls.build

    def _begin(self, **options: Any) -> None:
        """Be a model without layers, which come with the shape of a sample."""
        super(Ours, self).__init__(**options)
        self._keep(awaits_shapes=True, _by_call=True, layers=_NotYet(type(self).__name__))

    def __setattr__(self, name: str, value: object) -> None:
        if self._by_call and not self.awaits_shapes and isinstance(value, Layer | LayeredModel):
            raise AttributeError(
                f"{name} cannot be assigned: the call of {self.name} is described already, and not called again: make "
                "all layers in __init__, or another model"
            )
        super().__setattr__(name, value)

    # What is not known yet.

    @property
    def computing_layers(self) -> Sequence[Layer]:
        return self.layers if self.awaits_shapes else super().computing_layers

    @property
    def input_names(self) -> tuple[str, ...]:
        return ("input",) if self.awaits_shapes else super().input_names

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("output",) if self.awaits_shapes else super().output_names

    @property
    def input_shapes(self) -> list[Shape]:
        return [] if self.awaits_shapes else super().input_shapes

    @property
    def output_shapes(self) -> list[Shape]:
        return [] if self.awaits_shapes else super().output_shapes

    def layers_of_inputs(self) -> list[tuple[int, Layer]]:
        return [] if self.awaits_shapes else super().layers_of_inputs()

    @property
    def input_shape(self) -> Any:
        return None if self.awaits_shapes else super().input_shape

    @property
    def output_shape(self) -> Any:
        return None if self.awaits_shapes else super().output_shape

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        if self.awaits_shapes:
            for thing in self._own_things():
                thing.trainable = value
            self._trainable = value
        else:
            Ours.trainable.fset(self, value)  # type: ignore[attr-defined]

    def find_lookups(self) -> Any:
        return {} if self.awaits_shapes else super().find_lookups()

    def _check_outputs(self, loss: Any) -> None:
        if not self.awaits_shapes:
            super()._check_outputs(loss)

    # What makes it known.

    def build(self, input_shape: Any = None) -> None:
        """Describe ``call`` for samples of a shape, and make the weights; see `fastnn.keras.Model`."""
        if self._runs_own_build:
            return  # super().build of the user's
        if not self.awaits_shapes:
            self._check_shapes(input_shape)
            super().build()
        elif input_shape is None:
            raise ValueError(
                f"the shape of a sample is not known: call build((None, ...)) of {self.name}, fit, or the model on data"
            )
        else:
            self.build_for(samples_of(input_shape))

    def build_for(self, sample_shape: Any) -> None:
        if not self.awaits_shapes:
            super().build(sample_shape)
            return
        with self._building:
            if self.awaits_shapes:
                self._describe_call(_each(sample_shape, lambda shape: checked_shape(shape, "input_shape")))

    def _check_shapes(self, input_shape: Any) -> None:
        """Raise ValueError where these are given, and are not those of the inputs."""
        shapes = None if input_shape is None else samples_of(input_shape)
        if isinstance(shapes, Mapping):
            shapes = [shapes.get(name) for name in self.input_names]
        if shapes is not None and shapes not in (self.input_shapes, self.input_shape):
            raise ValueError(f"the model takes samples of shape {self.input_shape}, not {shapes}")

    def _describe_call(self, shapes: Any) -> None:
        if self._own_build is not None:
            self._keep(_runs_own_build=True)
            try:
                self._own_build(_batches(shapes))
            finally:
                self._keep(_runs_own_build=False)
        begins = _inputs_of(shapes)
        things = self._own_things()
        tensors = _each(begins, lambda begin: begin.tensor)
        call: Any = self.call
        with unchanged_if_it_fails(self, *things):
            outputs = described_outputs(call, f"{type(self).__name__}.call", tensors, self._own_layers)
            self._keep(awaits_shapes=False)
            self._take(begins, list(outputs) if isinstance(outputs, tuple) else outputs)
            for value in vars(self).values():
                if isinstance(value, OwnWeight):
                    value.check(self.graph.layers, type(self).__name__)
            self._build()
            if self._compilation is not None and (self.loss is None or len(self.output_names) > 1):
                arguments, options = self._compilation
                super().compile(*arguments, **options)
        self._keep(_compilation=None)

    def _own_things(self) -> list[Any]:
        """The layers and models among the attributes, in lists and dicts, too, in the order of their assignment."""
        found: dict[int, Any] = {}

        def look(value: Any) -> None:
            if isinstance(value, OwnWeight):
                for layer in value.layers.values():
                    look(layer)
            elif isinstance(value, Layer | LayeredModel):
                found.setdefault(id(value), value)
            elif isinstance(value, list | tuple | Mapping):
                for one in value.values() if isinstance(value, Mapping) else value:
                    look(one)

        for name, value in vars(self).items():
            if name not in _NOT_THE_USERS:
                look(value)
        return list(found.values())

    def _own_layers(self) -> Iterator[Layer]:
        # Those of models are there once they are called, so that they are asked for late.
        for thing in self._own_things():
            if isinstance(thing, Layer):
                yield thing
            elif thing.own_layer is not None and (layer := thing.own_layer()) is not None:
                yield layer

    def _sorted(self, graph: Graph, tensors: list[SymbolicTensor]) -> tuple[Graph, list[SymbolicTensor]]:
        """Keras has the layers, and with them the weights, in the order of the attributes."""
        rank = {layer: number for number, layer in enumerate(self._own_layers())}
        order = sorted(range(len(graph.layers)), key=lambda place: (rank.get(graph.layers[place], len(rank)), place))
        new = {old: number for number, old in enumerate(order)}
        nodes = tuple(replace(node, layer=new[node.layer]) for node in graph.nodes)
        return Graph(graph.inputs, tuple(graph.layers[place] for place in order), nodes, graph.outputs), tensors

    # The verbs, which learn shapes from data.

    def compile(self, *args: Any, **options: Any) -> None:
        if not self.awaits_shapes:
            super().compile(*args, **options)
            return
        loss = options.get("loss", args[1] if len(args) > 1 else None)
        if isinstance(loss, list | tuple | Mapping) or isinstance(options.get("loss_weights"), list | Mapping):
            # Of several outputs, which are not known yet.
            optimizers.get(options.get("optimizer", args[0] if args else "rmsprop"))
        else:
            super().compile(*args, **options)
        self._keep(_compilation=(args, options))

    def _inputs(self, x: Any) -> Any:
        if self.awaits_shapes:
            shapes = _shapes_of_data(x)
            if shapes is not None:
                self.build_for(shapes)
            elif isinstance(self._compilation, tuple) and self.loss is None:
                raise ValueError(f"{self.name} has several outputs: call build((None, ...)) before it is given batches")
        return super()._inputs(x)

    def train_on_batch(self, x: Any, *args: Any, **options: Any) -> Any:
        return super().train_on_batch(self._inputs(x), *args, **options)

    def __call__(self, x: Any, training: bool | None = None) -> Any:
        if self.awaits_shapes and is_symbolic(x):
            shapes = [tensor.sample_shape for tensor in tensors_of(x, f"what {self.name} is called on")]
            self.build_for(shapes if isinstance(x, list | tuple) else shapes[0])
        return super().__call__(x, training)

    def _repr_html_(self) -> str:
        return table(f"model: {self.name}", (), [("not built", "")]) if self.awaits_shapes else super()._repr_html_()

    def summary(self, **options: Any) -> None:
        """Print a table of the layers; see `fastnn.Sequential.summary`."""
        self.needs_plan()
        super().summary(**options)


class _NotYet(FixedList[Layer]):
    """The layers of a model that are not known yet: to ask for them is an error, as any answer would be wrong."""

    def __init__(self, called: str) -> None:
        super().__init__((), "model.layers", "its call says them")
        self.called = called

    def _refuse_to_tell(self, *_: Any) -> NoReturn:
        raise RuntimeError(
            f"the layers of this {self.called} are known once it is built: call build((None, ...)), or it on data"
        )

    __iter__ = __len__ = __getitem__ = __contains__ = __reversed__ = _refuse_to_tell


def _each(shapes: Any, change: Any) -> Any:
    """A shape, or each of a list or a dict of them, changed."""
    if isinstance(shapes, Mapping):
        return {name: change(one) for name, one in shapes.items()}
    if isinstance(shapes, list) or (isinstance(shapes, tuple) and shapes and isinstance(shapes[0], tuple)):
        return [change(one) for one in shapes]
    return change(shapes)


def _batches(shapes: Any) -> Any:
    return _each(shapes, lambda shape: (None, *shape))


def _inputs_of(shapes: Any) -> Any:
    if isinstance(shapes, Mapping):
        return {name: Input(shape, name=name) for name, shape in shapes.items()}
    return _each(shapes, Input)


def _shapes_of_data(x: Any) -> Any:
    """The shape of a sample of data, a list or a dict of them; None for what gives batches one by one."""
    if isinstance(x, Mapping):
        return {name: _shapes_of_data(one) for name, one in x.items()}
    if isinstance(x, list | tuple) and x and all(hasattr(one, "shape") for one in x):
        found = [_shapes_of_data(one) for one in x]
        return found[0] if len(found) == 1 else found
    if isinstance(x, list):
        x = np.asarray(x)
    shape = getattr(x, "shape", None)
    if shape is None or len(shape) < 1:
        return None
    # One feature is a column.
    return tuple(shape[1:]) or (1,)
