"""How the layers of a `fastnn.Model` are connected: calls of layers, each after those whose values it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastnn.checking.names import non_empty_name
from fastnn.checking.shapes import Shape
from fastnn.layers.base import Layer
from fastnn.layers.input import Input
from fastnn.layers.symbolic import SymbolicTensor, tensors_of

__all__ = ["Graph", "Node", "graph_of", "in_order", "layers_behind", "named", "restored_graph"]

# Of one layer.
_MOST_OUTPUTS = 1 << 16


@dataclass(frozen=True)
class Node:
    """One call of a layer: its place among the graph's layers, and the values that it takes.

    Value n is that of node n; -1 - k is input k. Where a call gives several values, each but the first is a node of its
    own, with the number of the output, which takes the first one's alone.
    """

    layer: int
    sources: tuple[int, ...]
    output: int = 0


@dataclass(frozen=True)
class Graph:
    """Calls of layers in an order in which they can be computed; ``outputs`` are nodes."""

    inputs: tuple[Input, ...]
    layers: tuple[Layer, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]

    def layer_at(self, value: int) -> Layer:
        """The layer that gives a value."""
        return self.inputs[-1 - value] if value < 0 else self.layers[self.nodes[value].layer]

    def call_of(self, value: int) -> int:
        """The node whose call gives the value of a node."""
        node = self.nodes[value]
        return node.sources[0] if node.output else value

    def shape_at(self, value: int) -> Shape:
        """Of a sample of a value, where the layers are built."""
        layer = self.layer_at(value)
        shape = layer.declared_shape if value < 0 else layer.output_shapes[self.nodes[value].output]
        assert shape is not None
        return shape

    def needed_for(self, outputs: Iterable[int]) -> dict[int, set[int]]:
        """The calls that values depend on, and which outputs of each."""
        found: dict[int, set[int]] = {}
        waiting = list(outputs)
        while waiting:
            value = waiting.pop()
            if value < 0:
                continue
            call = self.call_of(value)
            if call not in found:
                found[call] = set()
                waiting += self.nodes[call].sources
            found[call].add(self.nodes[value].output)
        return found

    def readers(self) -> Counter[int]:
        """By how many each value is taken, outputs of the graph included."""
        return Counter([source for node in self.nodes for source in node.sources] + list(self.outputs))


def named(given: Any, what: str) -> tuple[list[str | None], tuple[SymbolicTensor, ...]]:
    """Tensors, and their names where they are given as a dict."""
    if isinstance(given, Mapping):
        names: list[str | None] = [non_empty_name(name, f"a key of {what}") for name in given]
        return names, tensors_of(list(given.values()), what)
    tensors = tensors_of(given, what)
    return [None] * len(tensors), tensors


def graph_of(inputs: Sequence[SymbolicTensor], outputs: Sequence[SymbolicTensor]) -> tuple[Graph, list[SymbolicTensor]]:
    """What lies between inputs and outputs, and the tensor that each node gives.

    Raises
    ------
    TypeError
        When an input is not that of an `Input`.
    ValueError
        When an output depends on another `Input`, or is one; when nothing takes an input; when one is listed twice.
    """
    if not inputs or not outputs:
        raise ValueError("a model needs at least one input and one output")
    begins: list[Input] = []
    for tensor in inputs:
        if not isinstance(tensor.layer, Input):
            raise TypeError(f"inputs must be those of an Input, but one is {tensor!r}")
        begins.append(tensor.layer)
    for tensors, what in ((inputs, "inputs"), (outputs, "outputs")):
        if len(set(map(id, tensors))) < len(tensors):
            raise ValueError(f"{what} must differ, but one is listed twice")
    places = {id(tensor): -1 - number for number, tensor in enumerate(inputs)}
    # Layers have no equals but themselves.
    layers: dict[Layer, int] = {}
    nodes: list[Node] = []
    between = in_order(outputs, set(places))
    for tensor in between:
        if isinstance(tensor.layer, Input):
            raise ValueError(
                f"the outputs depend on {_called(tensor)}, an Input of shape {tensor.layer.declared_shape} that is "
                "not among the inputs"
            )
        sources = tuple(places[id(source)] for source in tensor.inputs)
        places[id(tensor)] = len(nodes)
        nodes.append(Node(layers.setdefault(tensor.layer, len(layers)), sources, tensor.place))
    used = {source for node in nodes for source in node.sources}
    for number, tensor in enumerate(inputs):
        if tensor in outputs:
            raise ValueError(f"{_called(tensor)} is an input and an output: an output must be that of a layer")
        if -1 - number not in used:
            raise ValueError(f"no output depends on {_called(tensor)}: leave it out of the inputs")
    ends = tuple(places[id(tensor)] for tensor in outputs)
    return Graph(tuple(begins), tuple(layers), tuple(nodes), ends), between


def layers_behind(outputs: Sequence[SymbolicTensor]) -> list[Layer]:
    """All layers that tensors depend on, as often as these were called."""
    return [tensor.layer for tensor in in_order(outputs, set())]


def restored_graph(
    inputs: Sequence[Input], names: Sequence[Any], layers: Sequence[Layer], nodes: Any, outputs: Sequence[Any]
) -> Graph:
    """A graph from nodes as lists of a layer's place and its sources, and of the output where it is not the first.

    Raises
    ------
    ValueError
        When these are no graph: every value must come from before, and every layer, node and input be needed. The
        message has the names of layers, and of the inputs, which are ``names``.
    """
    found: list[Node] = []
    for number, entry in enumerate(nodes):
        if not isinstance(entry, list) or len(entry) not in (2, 3) or not isinstance(entry[1], list) or not entry[1]:
            raise ValueError(f"node {number} must be a layer's number and those of its inputs, but it is {entry!r}")
        layer, sources, *place = entry
        _check_number(layer, 0, len(layers), f"node {number}")
        for source in sources:
            if isinstance(source, int) and number <= source < len(nodes):
                raise ValueError(
                    f"node {number}, a call of {layers[layer].name}, takes the value of node {source}"
                    f"{_behind(nodes[source], layers)}, which does not come before it: calls of layers in a circle "
                    "have no value"
                )
            _check_number(source, -len(inputs), number, f"a source of node {number}, a call of {layers[layer].name},")
        if place:
            _check_number(place[0], 1, _MOST_OUTPUTS, f"the output of node {number}")
            first = found[sources[0]] if len(sources) == 1 and sources[0] >= 0 else None
            if first is None or first.output or first.layer != layer:
                raise ValueError(f"node {number} is an output of a call, but takes other values: {entry!r}")
        found.append(Node(layer, tuple(sources), *place))
    for end in outputs:
        _check_number(end, 0, len(found), "an output")
    graph = Graph(tuple(inputs), tuple(layers), tuple(found), tuple(outputs))
    if len({(node.sources[0], node.output) for node in found if node.output}) < sum(node.output > 0 for node in found):
        raise ValueError("an output of a call is there twice")
    if not outputs or len(set(outputs)) < len(outputs):
        raise ValueError("its graph has no output, or one twice")
    needed = graph.readers()
    for number, name in enumerate(names):
        if -1 - number not in needed:
            raise ValueError(f"no output depends on the input {name}: leave it out")
    for number, node in enumerate(found):
        if number not in needed:
            raise ValueError(f"no output depends on node {number}, a call of {layers[node.layer].name}: leave it out")
    called = {node.layer for node in found}
    for number, layer in enumerate(layers):
        if number not in called:
            raise ValueError(f"it has the layer {layer.name}, which is not called")
    return graph


def _behind(entry: Any, layers: Sequence[Layer]) -> str:
    """What a node that was not read yet calls, where it says so."""
    place = entry[0] if isinstance(entry, list) and entry else None
    known = isinstance(place, int) and 0 <= place < len(layers)
    return f", a call of {layers[place].name}" if known and place is not None else ""


def _check_number(value: Any, least: int, most: int, what: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < most:
        raise ValueError(f"{what} has the number {value!r}, but it must be from {least} to {most - 1}")


def _called(tensor: SymbolicTensor) -> str:
    return tensor.layer.name or type(tensor.layer).__name__


def in_order(outputs: Sequence[SymbolicTensor], known: set[int]) -> list[SymbolicTensor]:
    """All that outputs depend on, each behind what it depends on itself; without recursion, which depth would end."""
    found: list[SymbolicTensor] = []
    done = set(known)
    waiting = list(reversed(outputs))
    while waiting:
        tensor = waiting[-1]
        missing = [source for source in tensor.inputs if id(source) not in done]
        if id(tensor) in done:
            waiting.pop()
        elif missing:
            waiting += reversed(missing)
        else:
            done.add(id(tensor))
            found.append(waiting.pop())
    return found
