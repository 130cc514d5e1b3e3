"""Graphs as Keras orders and writes them: which layer comes where, and what each call of a layer takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fastnn.layers.symbolic import SymbolicTensor
from fastnn.models.functional import Model
from fastnn.models.graph import Graph

__all__ = ["connections", "ends", "has_own_names", "order", "sorted_graph", "written_order"]


def order(graph: Graph) -> list[int]:
    """The layers of a graph as Keras sorts them: by how far they are from the outputs, then by when they are found.

    Returns
    -------
    list of int
        Places of layers; -1 - k for input k.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input
    >>> from fastnn.models import Model
    >>> x = Input((2,))
    >>> order(Model(x, Dense(1)(Dense(3)(x))).graph)
    [-1, 0, 1]
    """
    return _depths(graph)[0]


def written_order(model: Model) -> list[int]:
    """The `order` of a model's graph in Keras' files, where a dict of outputs is gone through by its sorted keys."""
    graph = model.graph
    if _gives_dict(model):
        by_name = dict(zip(model.output_names, graph.outputs, strict=True))
        graph = replace(graph, outputs=tuple(by_name[name] for name in sorted(by_name)))
    return order(graph)


def sorted_graph(graph: Graph, tensors: list[SymbolicTensor]) -> tuple[Graph, list[SymbolicTensor]]:
    """The same graph with layers and calls in Keras' order, and so with its tensors."""
    things, of_value = _depths(graph)
    places = [thing for thing in things if thing >= 0]
    rank = {place: number for number, place in enumerate(places)}
    values = sorted(range(len(graph.nodes)), key=lambda value: (-of_value[value], rank[graph.nodes[value].layer]))
    new = {old: number for number, old in enumerate(values)}
    nodes = [
        replace(node, layer=rank[node.layer], sources=tuple(new.get(source, source) for source in node.sources))
        for node in (graph.nodes[old] for old in values)
    ]
    layers = tuple(graph.layers[place] for place in places)
    outputs = tuple(new[end] for end in graph.outputs)
    return Graph(graph.inputs, layers, tuple(nodes), outputs), [tensors[old] for old in values]


def _depths(graph: Graph) -> tuple[list[int], dict[int, int]]:
    """Layers and inputs in Keras' order, and how far each value is from the outputs."""
    found: dict[int, int] = {}
    behind: list[int] = []
    for value, leaving in _walk(graph):
        thing = _thing(graph, value)
        if leaving:
            behind.append(value)
        else:
            found.setdefault(thing, len(found))
    depths: dict[int, int] = {}
    of_value: dict[int, int] = {}
    for value in reversed(behind):
        thing = _thing(graph, value)
        # A layer that is called several times is as deep as its deepest call.
        depth = of_value[value] = depths[thing] = max(of_value.get(value, 0), depths.get(thing, 0))
        # All values of a call are as deep as it is.
        nearer = 0 if value >= 0 and graph.nodes[value].output else 1
        for source in graph.nodes[value].sources if value >= 0 else ():
            of_value[source] = max(of_value.get(source, 0), depth + nearer)
    return sorted(depths, key=lambda thing: (-depths[thing], found[thing])), of_value


def _thing(graph: Graph, value: int) -> int:
    return value if value < 0 else graph.nodes[value].layer


def _walk(graph: Graph) -> Iterator[tuple[int, bool]]:
    """Values from the outputs on, first what they take: each when it is reached, and when it is left."""
    done: set[int] = set()
    entered: set[int] = set()
    waiting = [(end, False) for end in reversed(graph.outputs)]
    while waiting:
        value, leaving = waiting.pop()
        if leaving:
            done.add(value)
            yield value, True
        elif value not in done and value not in entered:
            entered.add(value)
            yield value, False
            waiting.append((value, True))
            sources = graph.nodes[value].sources if value >= 0 else ()
            waiting += [(source, False) for source in reversed(sources)]


def connections(model: Model, place: int, names: dict[int, str]) -> list[dict[str, Any]]:
    """What each call of the layer at a place takes, as Keras writes it."""
    graph = model.graph
    written: list[dict[str, Any]] = []
    for node in graph.nodes:
        if node.layer == place and not node.output:
            tensors = [_tensor(model, source, names) for source in node.sources]
            written.append({"args": tensors if len(tensors) == 1 else [tensors], "kwargs": {}})
    return written


def ends(model: Model, names: dict[int, str]) -> tuple[Any, Any]:
    """Inputs and outputs as Keras writes them: alone, as lists, or as a dict where outputs have names of their own."""
    graph = model.graph
    begins = [[names[-1 - number], 0, 0] for number in range(len(graph.inputs))]
    outputs = [_history(graph, end, names) for end in graph.outputs]
    for end, written in zip(graph.outputs, outputs, strict=True):
        # Here, and nowhere else, Keras counts the call that made a graph within.
        written[1] += isinstance(graph.layer_at(end).inner_model, Model)
    if _gives_dict(model):
        return _alone(begins), dict(zip(model.output_names, outputs, strict=True))
    return _alone(begins), _alone(outputs)


def has_own_names(model: Model) -> bool:
    """Whether outputs are not called as the layers that give them; a layer that gives several is numbered."""
    layers = [str(model.graph.layer_at(end).name) for end in model.graph.outputs]
    return len(set(layers)) == len(layers) and tuple(layers) != tuple(model.output_names)


def _gives_dict(model: Model) -> bool:
    return bool(getattr(model, "gives_dict", has_own_names(model)))


def _alone(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _history(graph: Graph, value: int, names: dict[int, str]) -> list[Any]:
    """The layer that gives a value, which of its calls, and which of the values of that."""
    if value < 0:
        return [names[value], 0, 0]
    layer, call = graph.nodes[value].layer, graph.call_of(value)
    number = sum(node.layer == layer and not node.output for node in graph.nodes[:call])
    at, inner = graph.nodes[value].output, graph.layers[layer].inner_model
    if isinstance(inner, Model) and _gives_dict(inner):
        # Keras counts the outputs of a model within by their sorted keys.
        at = sorted(inner.output_names).index(inner.output_names[at])
    return [names[layer], number, at]


def _tensor(model: Model, value: int, names: dict[int, str]) -> dict[str, Any]:
    history = {
        "shape": [None, *model.graph.shape_at(value)],
        "dtype": model.dtype.name,
        "keras_history": _history(model.graph, value, names),
    }
    return {"class_name": "__keras_tensor__", "config": history}
