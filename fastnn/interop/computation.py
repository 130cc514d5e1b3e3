"""A model's prediction as steps, each an operation on values: what exporters write in another language."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fastnn.checking.shapes import Shape
from fastnn.interop.operations import Operation, Rescale, operations_of_layer
from fastnn.layers import Rescaling
from fastnn.layers.base import Layer
from fastnn.models.functional import Model
from fastnn.models.graph import Node
from fastnn.models.sequential import Sequential

__all__ = ["Computation", "Step", "computation_of"]


@dataclass(frozen=True)
class Step:
    """An operation, and the values that it takes: value n is what step n gives, -1 - k is input k."""

    operation: Operation
    sources: tuple[int, ...]


@dataclass(frozen=True)
class Computation:
    """What a model computes in prediction.

    Attributes
    ----------
    inputs : list of (name, shape of a sample)
        Samples of any shape are rows from the beginning.
    steps : list of Step
        In an order in which they can be computed.
    outputs : list of (name, value)
    """

    inputs: list[tuple[str, Shape]]
    steps: list[Step]
    outputs: list[tuple[str, int]]

    def size(self, value: int) -> int:
        """Numbers of a value."""
        return self.steps[value].operation.outputs if value >= 0 else math.prod(self.inputs[-1 - value][1])


def computation_of(model: Sequential | Model) -> Computation:
    """What a model computes in prediction.

    Parameters
    ----------
    model : Sequential or Model
        Built, or with an input shape to be built for. The operations hold its own arrays, not copies.

    Raises
    ------
    TypeError
        When it is neither, or a layer or an activation is of the user's own making.
    ValueError
        When it cannot be built, or a number of it is NaN or infinite in its dtype.

    Examples
    --------
    >>> from fastnn.layers import Add, Dense, Dropout, Flatten, Input
    >>> model = Sequential([Input((2, 2)), Flatten(), Dense(3, "relu"), Dropout(0.5), Dense(1)])
    >>> [(type(step.operation).__name__, step.sources) for step in computation_of(model).steps]
    [('Product', (-1,)), ('Activate', (0,)), ('Product', (1,))]
    >>> x = Input((3,))
    >>> [step.sources for step in computation_of(Model(x, Add()([x, Dense(3)(x)]))).steps]
    [(-1,), (-1, 0)]
    """
    if isinstance(model, Sequential):
        result = _of_chain(model)
    elif isinstance(model, Model):
        result = _of_graph(model)
    else:
        raise TypeError(f"model must be a fastnn.Sequential or a fastnn.Model, but it is {model!r}")
    largest = float(np.finfo(model.dtype).max)
    for operation in (step.operation for step in result.steps):
        for name, value in operation.numbers_by_name().items():
            if abs(value) > largest:
                raise ValueError(f"the {name} of {operation.layer} is {value:g}, more than {model.dtype} holds")
    return result


def _of_chain(model: Sequential) -> Computation:
    plan = model.needs_plan()
    assert model.input_shape is not None
    steps: list[Step] = []
    rescaling = [str(layer.name) for layer in model.layers if isinstance(layer, Rescaling)]
    if rescaling:
        # They are one to the engine, too.
        rescale = Rescale(rescaling[-1], plan.input_size, plan.input_size, plan.input_scale, plan.input_shift)
        steps.append(Step(rescale, (-1,)))
    for layer in model.layers:
        _add_layer(steps, layer, model.dtype, (len(steps) - 1,))
    return Computation([("input", model.input_shape)], steps, [("output", len(steps) - 1)])


def _of_graph(model: Model) -> Computation:
    model.needs_plan()
    graph = model.graph
    steps: list[Step] = []
    values: list[int] = []
    for node in graph.nodes:
        layer = graph.layers[node.layer]
        sources = _sources(node, values)
        if isinstance(layer, Rescaling):
            size = math.prod(layer.output_shape or ())
            steps.append(Step(Rescale(str(layer.name), size, size, layer.scale, layer.offset), sources))
            values.append(len(steps) - 1)
        else:
            values.append(_add_layer(steps, layer, model.dtype, sources))
    outputs = zip(model.output_names, (values[end] for end in graph.outputs), strict=True)
    return Computation(list(zip(model.input_names, model.input_shapes, strict=True)), steps, list(outputs))


def _sources(node: Node, values: Sequence[int]) -> tuple[int, ...]:
    return tuple(values[source] if source >= 0 else source for source in node.sources)


def _add_layer(steps: list[Step], layer: Layer, dtype: np.dtype[np.floating], sources: tuple[int, ...]) -> int:
    """Append what a layer computes of these values; return its value, which is the first of them if it does nothing."""
    value = sources[0]
    for operation in operations_of_layer(layer, dtype):
        steps.append(Step(operation, sources))
        value = len(steps) - 1
        sources = (value,)
    return value
