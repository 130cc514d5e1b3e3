"""A model's prediction as steps, each an operation on values: what exporters write in another language."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fastnn.checking.shapes import Shape
from fastnn.interop.layer_operations import operations_of_layer
from fastnn.interop.operations import Operation, Rescale
from fastnn.layers import Rescaling
from fastnn.layers.base import Layer
from fastnn.models.functional import Model
from fastnn.models.layered import LayeredModel
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
    if not isinstance(model, Sequential | Model):
        raise TypeError(f"model must be a fastnn.Sequential or a fastnn.Model, but it is {model!r}")
    model.needs_plan()
    steps: list[Step] = []
    inputs = list(zip(model.input_names, model.input_shapes, strict=True))
    values = _add_model(steps, model, tuple(-1 - number for number in range(len(inputs))))
    result = Computation(inputs, steps, list(zip(model.output_names, values, strict=True)))
    largest = float(np.finfo(model.dtype).max)
    for operation in (step.operation for step in result.steps):
        for name, value in operation.numbers_by_name().items():
            if abs(value) > largest:
                raise ValueError(f"the {name} of {operation.layer} is {value:g}, more than {model.dtype} holds")
    return result


def _add_model(
    steps: list[Step], model: LayeredModel, sources: tuple[int, ...], wanted: Sequence[int] | None = None
) -> list[int]:
    """Append what a model computes of these values; return the values of its outputs, or of those that are wanted."""
    if isinstance(model, Model):
        return _add_graph(steps, model, sources, wanted)
    (value,) = sources
    # The first ones are one to the engine, too.
    first = list(itertools.takewhile(_computes_nothing_else, model.layers)) if value < 0 else []
    rescalings = [layer for layer in first if isinstance(layer, Rescaling)]
    if rescalings:
        scale, shift = _combined(rescalings)
        size = math.prod(rescalings[-1].output_shape or ())
        steps.append(Step(Rescale(str(rescalings[-1].name), size, size, scale, shift), sources))
        value = len(steps) - 1
    for layer in model.layers[len(first) :]:
        (value,) = _add_layer(steps, layer, (value,), (0,))
    return [value]


def _add_graph(steps: list[Step], model: Model, begins: tuple[int, ...], wanted: Sequence[int] | None) -> list[int]:
    graph = model.graph
    outputs = graph.outputs if wanted is None else [graph.outputs[number] for number in wanted]
    needed = graph.needed_for(outputs)
    found: dict[tuple[int, int], int] = {}

    def value_of(value: int) -> int:
        return begins[-1 - value] if value < 0 else found[graph.call_of(value), graph.nodes[value].output]

    for number, node in enumerate(graph.nodes):
        if number not in needed:
            continue
        layer, sources, taken = graph.layers[node.layer], tuple(map(value_of, node.sources)), sorted(needed[number])
        gives = _add_layer(steps, layer, sources, taken)
        found |= {(number, output): value for output, value in zip(taken, gives, strict=True)}
    return [value_of(end) for end in outputs]


def _computes_nothing_else(layer: Layer) -> bool:
    """Whether a layer rescales, or hands on what it takes."""
    return isinstance(layer, Rescaling) or (layer.inner_model is None and not operations_of_layer(layer))


def _combined(rescalings: Sequence[Rescaling]) -> tuple[float, float]:
    """Scale and shift of several rescalings, one behind the other."""
    scale, shift = 1.0, 0.0
    for layer in rescalings:
        scale, shift = scale * layer.scale, shift * layer.scale + layer.offset
    return scale, shift


def _add_layer(steps: list[Step], layer: Layer, sources: tuple[int, ...], wanted: Sequence[int]) -> list[int]:
    """Append what a layer computes of these values; return what it gives, the first of them if it does nothing."""
    if layer.inner_model is not None:
        return _add_model(steps, layer.inner_model, sources, wanted)
    operations = operations_of_layer(layer)
    if not operations:
        return [sources[0]]
    for operation in operations[:-1]:
        # Of several inputs, of each.
        steps += [Step(operation, (source,)) for source in sources]
        sources = tuple(range(len(steps) - len(sources), len(steps)))
    steps.append(Step(operations[-1], sources))
    return [len(steps) - 1]
