"""From a graph of layers to shapes, and to the operations of a plan."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.models.graph import Graph, Node
from fastnn.models.layer_arrays import label
from fastnn_ext.engine.plan import Plan
from fastnn_ext.tables.enums import Activation as Kind

__all__ = ["append_graph", "build_layers"]


def build_layers(graph: Graph, input_names: Sequence[str], dtype: np.dtype[Any]) -> None:
    """Build each layer of a graph for the shapes of what it takes.

    Raises
    ------
    ValueError
        When a layer cannot take these, is called on samples of two shapes, or gives samples that fit no memory; the
        message names it, and what gives it what.
    """
    taken: dict[int, Any] = {}
    for node in graph.nodes:
        layer = graph.layers[node.layer]
        if node.output:
            if node.output >= len(layer.output_shapes):
                raise ValueError(f"{label(layer)} gives no output {node.output}: it has {len(layer.output_shapes)}")
            continue
        shapes = [graph.shape_at(source) for source in node.sources]
        try:
            given = layer.shape_of_inputs(shapes)
            if taken.setdefault(node.layer, given) != given:
                raise ValueError(
                    f"it is called on samples of shape {taken[node.layer]} and of shape {given}, and its weights "
                    "are shared"
                )
            layer.build(given)
        except ValueError as error:
            raise ValueError(f"{label(layer)} does not fit: {error} ({_givers(graph, input_names, node)})") from None
        for made in layer.output_shapes:
            if math.prod(made) > sys.maxsize // dtype.itemsize:
                raise ValueError(f"{label(layer)} would give samples of {made}, larger than any memory")


def _givers(graph: Graph, input_names: Sequence[str], node: Node) -> str:
    """What gives the values that a call takes, and of which shapes."""
    names = [input_names[-1 - one] if one < 0 else graph.layer_at(one).name for one in node.sources]
    given = zip(names, node.sources, strict=True)
    return ", ".join(f"{name} gives {graph.shape_at(source)}" for name, source in given)


def append_graph(
    graph: Graph,
    plan: Plan,
    values: Sequence[int],
    layer_of_call: list[int] | None,
    wanted: Sequence[int] | None,
) -> list[int]:
    """Append a graph's layers to a plan: see `LayeredModel.lower_calls`."""
    outputs = graph.outputs if wanted is None else [graph.outputs[number] for number in wanted]
    layer_of_call = [] if layer_of_call is None else layer_of_call
    needed, readers = graph.needed_for(outputs), graph.readers()
    found: dict[tuple[int, int], int] = {}

    def value_of(value: int) -> int:
        return values[-1 - value] if value < 0 else found[graph.call_of(value), graph.nodes[value].output]

    for number, node in enumerate(graph.nodes):
        if number not in needed:
            continue
        given = [value_of(source) for source in node.sources]
        for value, source in zip(given, node.sources, strict=True):
            plan.follow(value, readers[source] > 1)
        taken = sorted(needed[number])
        gives = graph.layers[node.layer].lower_outputs(plan, given, taken)
        found |= {(number, output): value for output, value in zip(taken, gives, strict=True)}
        layer_of_call += [node.layer] * (plan.calls - len(layer_of_call))
    ends: list[int] = []
    for output in outputs:
        end = value_of(output)
        if end < 0 or end in ends:
            # An input as it is, or another output again: a slope of 1 is the identity.
            plan.follow(end, shared=True)
            plan.add_activation(Kind.LEAKY_RELU, 1.0)
            layer_of_call.append(graph.nodes[output].layer)
            end = plan.value
        ends.append(end)
    return ends
