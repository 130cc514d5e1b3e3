"""One node of an ONNX graph on its way to layers, and what is known of the graph around it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.shapes import Shape
from fastnn.layers.applied import AppliedActivation
from fastnn.layers.base import Layer
from fastnn.layers.symbolic import SymbolicTensor
from fastnn.models.saving.limits import LARGEST_SAMPLE

__all__ = ["BATCH", "MOST_AXES", "DenseParts", "Formula", "Node", "Numbers", "State", "Taken", "Value", "shape_of"]


# Of arrays in some versions of NumPy.
MOST_AXES = 32


class _Batch:
    """The size of a batch, which is not known: a shape that depends on it is an array of objects."""

    def __repr__(self) -> str:
        return "batch"


BATCH = _Batch()


class Numbers(Enum):
    """What a value's numbers are."""

    REAL = "real"
    WHOLE = "whole, as an input's"
    CUT = "cut to whole ones"


class Value(NamedTuple):
    """What an input or a layer gives."""

    tensor: SymbolicTensor
    numbers: Numbers = Numbers.REAL


class Formula(NamedTuple):
    """What no layer computes, but a later node may know as a part of what one does."""

    node: Node


# An array of the file, what a layer gives, or a part of a formula.
Taken = NDArray[Any] | Value | Formula


class DenseParts(NamedTuple):
    """What a `Dense` layer was made of."""

    value: Value
    kernel: NDArray[Any]
    bias: NDArray[Any] | None
    applied: AppliedActivation | None = None


@dataclass
class State:
    """What is known of a graph while its nodes are read.

    Attributes
    ----------
    uses : Counter
        How many nodes and outputs take each name.
    room : int
        How many numbers may still be made beside those of the file.
    batch : int, optional
        The size of a batch, where all inputs say the same.
    arrays : dict of Layer to dict of str to array
        Those of the layers that are made; they are written once the model is built.
    dense : dict
        The dense layers that may still take a bias or an activation, by what they give.
    made_by : dict
        The node that made a value.
    origins : dict
        What a value was before it came into another shape.
    """

    uses: Counter[str] = field(default_factory=Counter)
    room: int = 1 << 24
    batch: int | None = None
    arrays: dict[Layer, dict[str, NDArray[Any]]] = field(default_factory=dict)
    dense: dict[SymbolicTensor, DenseParts] = field(default_factory=dict)
    made_by: dict[SymbolicTensor, Node] = field(default_factory=dict)
    origins: dict[SymbolicTensor, SymbolicTensor] = field(default_factory=dict)


def shape_of(value: Value) -> Shape:
    """Of a sample."""
    return value.tensor.sample_shape


@dataclass
class Node:
    """One node of a graph.

    Attributes
    ----------
    kind, name : str
    inputs : list of str
        The names of what it takes; empty for what is left out.
    taken : list
        What these are; None for what is left out.
    attributes : mapping
        As they were given, or as the operator's version has them by default.
    state : State
    outputs : int
        How many of its outputs have names.
    read : set of str
        The attributes that were asked for.
    """

    kind: str
    name: str
    inputs: list[str]
    taken: list[Taken | None]
    attributes: Mapping[str, Any]
    state: State
    outputs: int = 1
    read: set[str] = field(default_factory=set)

    def refuse(self, why: str) -> ValueError:
        """The error for a node that no layer computes."""
        return ValueError(f"the node {self.name!r} ({self.kind}) cannot become a layer: {why}")

    def attribute(self, name: str) -> Any:
        """An attribute; None where it was not given and has no default."""
        self.read.add(name)
        return self.attributes.get(name)

    def only(self, **allowed: Any) -> None:
        """Refuse attributes that have another value than this one."""
        for name, value in allowed.items():
            given = self.attribute(name)
            if given is None or given == value:
                continue
            if not (isinstance(value, float) and math.isclose(given, value, rel_tol=1e-6)):
                raise self.refuse(f"its attribute {name} must be {value!r}, but it is {given!r}")

    def _input(self, index: int) -> Taken | None:
        return self.taken[index] if index < len(self.taken) else None

    def any_value(self, index: int) -> Value:
        """An input that layers give, also of whole numbers."""
        found = self._input(index)
        if not isinstance(found, Value):
            raise self.refuse(f"its input {index} must depend on the model's inputs")
        return found

    def value(self, index: int) -> Value:
        """An input that layers give, of real numbers."""
        found = self.any_value(index)
        if found.numbers is not Numbers.REAL:
            raise self.refuse(
                f"its input {index} holds numbers that are {found.numbers.value}; fastnn takes them as categories of a "
                "Gather alone, or those of an input once a Cast makes them real"
            )
        return found

    def array(self, index: int) -> NDArray[Any] | None:
        """An input that the file holds; None where there is none."""
        found = self._input(index)
        if found is not None and not isinstance(found, np.ndarray):
            raise self.refuse(f"its input {index} must be an array that the file holds")
        return found

    def shape_array(self, index: int) -> NDArray[Any]:
        """An array of the file that may hold the size of a batch."""
        found = self.array(index)
        if found is None:
            raise self.refuse(f"its input {index} is missing")
        return found

    def needed(self, index: int) -> NDArray[Any]:
        """An array of the file, of numbers."""
        found = self.shape_array(index)
        if found.dtype == object:
            raise self.refuse("it computes with the size of a batch, which is not known")
        return found

    def integers(self, index: int, attribute: str) -> list[int] | None:
        """A list of whole numbers, which older operators have as an attribute; None where there is none."""
        given = self.attribute(attribute) if attribute in self.attributes else self.array(index)
        if given is None:
            return None
        numbers = np.asarray(given).reshape(-1)
        if numbers.dtype.kind not in "iu":
            raise self.refuse(f"its {attribute} must be whole numbers, but they are {numbers.tolist()}")
        return [int(one) for one in numbers]

    def take(self, numbers: int) -> None:
        """Refuse to make more numbers beside those of the file than such a file needs."""
        self.state.room -= numbers
        if self.state.room < 0:
            raise self.refuse(f"with its {numbers} numbers the file would take far more memory than it holds")

    def add(self, layer: Layer, value: Value, **arrays: NDArray[Any]) -> Value:
        """What a new layer gives for a value."""
        self.state.arrays[layer] = arrays
        return self.made(layer(value.tensor))

    def made(self, tensor: SymbolicTensor) -> Value:
        """What this node gives."""
        if math.prod(tensor.sample_shape) >= LARGEST_SAMPLE:
            raise self.refuse(f"it gives samples of shape {tensor.sample_shape}, which are larger than any")
        self.state.made_by.setdefault(tensor, self)
        return Value(tensor)

    def alone(self, index: int) -> bool:
        """Whether nothing else takes this input."""
        return self.state.uses[self.inputs[index]] == 1

    def last_axis(self, value: Value) -> None:
        """Refuse an axis that is not the last one."""
        axis = self.attribute("axis")
        if axis not in (None, -1, len(value.tensor.shape) - 1):
            raise self.refuse(f"its axis must be the last one, but it is {axis}")

    def needs_rows(self, value: Value) -> None:
        if len(value.tensor.shape) != 2:
            raise self.refuse(f"it takes rows, but gets samples of shape {shape_of(value)}")

    def spread(self, array: NDArray[Any], value: Value) -> NDArray[Any]:
        """An array with a number for each of a sample, to which it is stretched; refuse one that is larger."""
        shape = value.tensor.shape
        if array.dtype == object:
            raise self.refuse("it computes with the size of a batch, which is not known")
        try:
            if array.ndim > len(shape) or (array.ndim == len(shape) and array.shape[0] != 1):
                raise ValueError
            return np.broadcast_to(array.reshape(array.shape[-len(shape) + 1 :]), shape_of(value))
        except ValueError:
            raise self.refuse(
                f"an array of shape {array.shape} and samples of shape {shape_of(value)} do not fit"
            ) from None
