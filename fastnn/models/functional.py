"""The functional model: a graph of layers, described by calling them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike

from fastnn.checking.shapes import Shape, checked_shape
from fastnn.layers.base import Layer
from fastnn.layers.input import Input
from fastnn.layers.lookup import Lookup, StringLookup
from fastnn.layers.merging import Merge
from fastnn.layers.symbolic import SymbolicTensor
from fastnn.layers.unchanged import unchanged_if_it_fails
from fastnn.models.architecture import DescribedModel
from fastnn.models.base import BaseModel
from fastnn.models.graph import Graph, graph_of, layers_behind, named, restored_graph
from fastnn.models.layered import fixed_layers
from fastnn.models.lowering import append_graph, build_layers
from fastnn.models.naming import name_for, names_of_layers
from fastnn_ext.engine.plan import Plan

__all__ = ["Model"]


class Model(DescribedModel):
    """A graph of layers, each called on an `Input` or on what other layers give.

    Layers may be skipped, brought together again (`Add`, `Concatenate` and their like), called several times with the
    same weights, and there may be several inputs and outputs. Data of several inputs or outputs are lists in their
    order, or dicts by their names.

    Parameters
    ----------
    inputs : Input or list of Input, or dict of these
        All that the outputs depend on. A dict names them; otherwise they are called as the `Input`.
    outputs : SymbolicTensor or list of SymbolicTensor, or dict of these
        What layers gave when they were called. A dict names them; otherwise they are called as the layers.
    name : str, default "functional"
    dtype, seed
        As in `Sequential`.

    Attributes
    ----------
    layers : list of Layer
        Each once, in an order in which they can be computed.
    input_names, output_names : tuple of str

    Raises
    ------
    TypeError
        For what is no input or output.
    ValueError
        When an output depends on another `Input`, nothing takes an input, a layer is in a model already, or names are
        not unique.

    Examples
    --------
    A layer with a way round it:

    >>> from fastnn.layers import Add, Concatenate, Dense, Input
    >>> x = Input((4,))
    >>> hidden = Dense(8, "relu")(x)
    >>> model = Model(x, Dense(1)(Add()([hidden, Dense(8, "relu")(hidden)])), seed=0)
    >>> model.compile("adam", "mse")
    >>> data = np.random.default_rng(0).normal(size=(20, 4))
    >>> history = model.fit(data, data[:, 0], epochs=2, verbose=0)
    >>> model.predict(data).shape
    (20, 1)

    Two inputs and two outputs:

    >>> one, other = Input((4,), name="one"), Input((2,), name="other")
    >>> both = Concatenate()([Dense(8, "relu")(one), Dense(8, "relu")(other)])
    >>> model = Model([one, other], {"price": Dense(1)(both), "sold": Dense(1, "sigmoid")(both)}, seed=0)
    >>> model.compile("adam", {"price": "mse", "sold": "binary_crossentropy"}, loss_weights={"price": 1, "sold": 0.1})
    >>> targets = {"price": data[:, 0], "sold": data[:, 1] > 0}
    >>> history = model.fit({"one": data, "other": data[:, :2]}, targets, verbose=0)
    >>> [output.shape for output in model.predict([data, data[:, :2]])]
    [(20, 1), (20, 1)]
    """

    _kind: ClassVar = "Model"

    def __init__(
        self,
        inputs: Any,
        outputs: Any,
        *,
        name: str = "functional",
        dtype: DTypeLike = np.float32,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype, seed=seed)
        # What is no input is told of first.
        named(inputs, "inputs")
        with unchanged_if_it_fails(*layers_behind(named(outputs, "outputs")[1])):
            self._take(inputs, outputs)
            self._build()

    @classmethod
    def of_tensors(cls, inputs: Any, outputs: Any, *, name: str, dtype: DTypeLike, seed: int | None) -> Self:
        """A model as the constructor makes it, which has no arrays yet."""
        model = cls.__new__(cls)
        BaseModel.__init__(model, name=name, dtype=dtype, seed=seed)
        model._take(inputs, outputs)
        model._infer()
        return model

    def _take(self, inputs: Any, outputs: Any) -> None:
        input_names, begins = named(inputs, "inputs")
        output_names, ends = named(outputs, "outputs")
        graph, tensors = self._sorted(*graph_of(begins, ends))
        self._connect(graph, input_names, output_names)
        self._keep(_tensors=tensors)

    def _sorted(self, graph: Graph, tensors: list[SymbolicTensor]) -> tuple[Graph, list[SymbolicTensor]]:
        """The same graph in the order that its layers and calls are to have; a subclass may have another."""
        return graph, tensors

    @classmethod
    def _of_config(cls, config: Mapping[str, Any], layers: Sequence[Layer]) -> Self:
        try:
            model = cls.of_architecture(config, layers, name=config["name"], dtype=config["dtype"], seed=None)
        except (KeyError, AttributeError) as error:
            raise ValueError(f"config is no graph of these layers: {error!r}") from error
        model._build()
        return model

    @classmethod
    def of_architecture(
        cls, architecture: Mapping[str, Any], layers: Sequence[Layer], *, name: str, dtype: DTypeLike, seed: int | None
    ) -> Self:
        """A model of these layers, all with names and in no model, as `architecture` told; it has no arrays yet.

        Raises
        ------
        KeyError, TypeError, ValueError
            When the description is none of a graph of these layers.
        """
        model = cls.__new__(cls)
        BaseModel.__init__(model, name=name, dtype=dtype, seed=seed)
        inputs, outputs = architecture["inputs"], architecture["outputs"]
        begins = [Input(checked_shape(one["shape"], "input_shape")) for one in inputs]
        ends = [one["node"] for one in outputs]
        names = [one["name"] for one in inputs]
        graph = restored_graph(begins, names, layers, architecture["nodes"], ends)
        model._connect(graph, names, [one["name"] for one in outputs])
        model._infer()
        return model

    def _connect(self, graph: Graph, input_names: Sequence[str | None], output_names: Sequence[str | None]) -> None:
        """Take the layers, with names; nothing has changed where they cannot be taken."""
        for layer in graph.layers:
            layer.check_dtype(self.dtype)
        names = names_of_layers(graph.layers)
        called: list[str | None] = []
        for given, begin in zip(input_names, graph.inputs, strict=True):
            called.append(given or name_for(begin, called))
        ends = [given or names[graph.nodes[end].layer] for given, end in zip(output_names, graph.outputs, strict=True)]
        if len(set(ends)) < len(ends):
            # A layer that was called several times gives several outputs.
            repeated = Counter(ends)
            ends = [f"{end}_{number}" if repeated[end] > 1 else end for number, end in enumerate(ends)]
        _check_lookups(graph, names)
        for layer, own in zip(graph.layers, names, strict=True):
            by_model = layer.name is None or layer.named_by_model
            layer._keep(_name=own, in_model=True, shared=layer.in_model, named_by_model=by_model)
        self._keep(layers=fixed_layers(graph.layers))
        self._graph = graph
        self._input_names, self._output_names = tuple(str(one) for one in called), tuple(ends)

    @property
    def graph(self) -> Graph:
        """How the layers are connected."""
        return self._graph

    @property
    def computing_layers(self) -> Sequence[Layer]:
        return self._graph.layers

    names_ends = True

    @property
    def input_names(self) -> tuple[str, ...]:
        return self._input_names

    @property
    def output_names(self) -> tuple[str, ...]:
        return self._output_names

    @property
    def input_shapes(self) -> list[Shape]:
        return [shape for begin in self._graph.inputs if (shape := begin.declared_shape) is not None]

    @property
    def output_shapes(self) -> list[Shape]:
        return [self._graph.shape_at(end) for end in self._graph.outputs]

    @property
    def input_shape(self) -> Any:
        """Of one sample; a list where there are several inputs."""
        shapes = self.input_shapes
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def output_shape(self) -> Any:
        """Of one sample's outputs; a list where there are several."""
        shapes = self.output_shapes
        return shapes[0] if len(shapes) == 1 else shapes

    def output_activations(self) -> list[str | None]:
        found: list[str | None] = []
        for node in self._graph.nodes:
            layer = self._graph.layers[node.layer]
            sources = self._graph.nodes[node.sources[0]].sources if node.output else node.sources
            given = [found[source] if source >= 0 else None for source in sources]
            if isinstance(layer, Merge):
                found.append(layer.merged_activation(given))
            else:
                # What hands on what it takes takes one value.
                found.append(layer.output_activations()[node.output] or given[0])
        return [found[end] for end in self._graph.outputs]

    def build(self, input_shape: Sequence[int] | None = None) -> None:
        """Keras' method: the inputs have told all shapes already, so that nothing is left to do.

        Raises
        ------
        ValueError
            When ``input_shape`` is another than that of the input.
        """
        if input_shape is not None and [checked_shape(input_shape, "input_shape")] != self.input_shapes:
            raise ValueError(f"the model takes samples of shape {self.input_shape}, not {tuple(input_shape)}")
        if not self.built:
            self._build()

    def _infer(self) -> None:
        build_layers(self._graph, self._input_names, self.dtype)

    def layers_of_inputs(self) -> list[tuple[int, Layer]]:
        nodes, layers = self._graph.nodes, self._graph.layers
        return [(-1 - source, layers[node.layer]) for node in nodes for source in node.sources if source < 0]

    def _lower(self) -> tuple[Plan, list[int]]:
        shapes = self.input_shapes
        plan = Plan(math.prod(shapes[0]), self.dtype, shapes[0])
        for shape in shapes[1:]:
            plan.add_input(math.prod(shape))
        layer_of_call: list[int] = []
        ends = self.lower_calls(plan, [-1 - number for number in range(len(shapes))], layer_of_call)
        if len(ends) > 1:
            plan.set_outputs(ends)
        return plan, layer_of_call

    def lower_calls(
        self,
        plan: Plan,
        values: Sequence[int],
        layer_of_call: list[int] | None = None,
        wanted: Sequence[int] | None = None,
    ) -> list[int]:
        return append_graph(self._graph, plan, values, layer_of_call, wanted)

    def _describe(self) -> None:
        graph = self._graph
        if self._tensors:
            return
        made: list[SymbolicTensor] = []
        for node in graph.nodes:
            given = [graph.inputs[-1 - source].tensor if source < 0 else made[source] for source in node.sources]
            layer = graph.layers[node.layer]
            made.append(SymbolicTensor(layer, given, layer.output_shapes[node.output], node.output))
            layer.note(made[-1])
        self._keep(_tensors=made)

    def _ends(self) -> tuple[list[SymbolicTensor], list[SymbolicTensor]]:
        begins = [begin.tensor for begin in self._graph.inputs]
        return begins, [self._tensors[end] for end in self._graph.outputs]

    def architecture(self) -> dict[str, Any]:
        graph = self._graph
        begins = zip(self.input_names, self.input_shapes, strict=True)
        inputs = [{"name": name, "shape": shape} for name, shape in begins]
        nodes = [[node.layer, list(node.sources), *([node.output] if node.output else [])] for node in graph.nodes]
        outputs = [{"name": name, "node": end} for name, end in zip(self.output_names, graph.outputs, strict=True)]
        return {"inputs": inputs, "nodes": nodes, "outputs": outputs}

    def _connections(self) -> list[str]:
        graph = self._graph
        taken: dict[Layer, list[str]] = {layer: [] for layer in self.layers}
        for node in graph.nodes:
            if not node.output:
                taken[graph.layers[node.layer]].append(", ".join(map(self._name_of, node.sources)))
        return ["; ".join(calls) for calls in taken.values()]

    def _name_of(self, value: int) -> str:
        """What the summary calls a value: the layer that gives it, and its number where that one gives several."""
        if value < 0:
            return self.input_names[-1 - value]
        layer = self._graph.layer_at(value)
        return f"{layer.name}[{self._graph.nodes[value].output}]" if len(layer.output_shapes) > 1 else str(layer.name)

    def __repr__(self) -> str:
        return f"<Model {self.name}: {', '.join(self.input_names)} to {', '.join(self.output_names)}>"


def _check_lookups(graph: Graph, names: Sequence[str]) -> None:
    """Raise ValueError where a lookup is not all that takes an input, or an input of strings has none."""
    readers = graph.readers()
    for node in graph.nodes:
        layer = graph.layers[node.layer]
        if isinstance(layer, Lookup) and (node.sources[0] >= 0 or readers[node.sources[0]] > 1):
            raise ValueError(
                f"{names[node.layer]} looks up the data of an input as they come in, and must be the only layer that "
                "takes that input: give other layers an Input of their own"
            )
        for source in node.sources:
            if source < 0 and graph.inputs[-1 - source].dtype == "string" and not isinstance(layer, StringLookup):
                raise ValueError(
                    f"{names[node.layer]} takes numbers, but its Input has dtype='string': put a StringLookup between"
                )
