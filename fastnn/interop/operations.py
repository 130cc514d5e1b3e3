"""What layers compute in prediction, as operations on rows of numbers. Exporters write these in another language."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.activations.base import ActivationKind
from fastnn.activations.registry import ACTIVATIONS

__all__ = [
    *("Activate", "Arrange", "Array", "Encode", "Find", "InnerProduct", "Join", "Lookup", "Merge", "NormalizeBatch"),
    *("NormalizeLayer", "NormalizeVectors", "Operation", "Product", "Rescale", "Slope"),
]

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Operation:
    """Of the layer with this name, from ``inputs`` to ``outputs`` numbers of a sample."""

    layer: str
    inputs: int
    outputs: int

    def numbers_by_name(self) -> dict[str, float]:
        """Those that must fit the model's dtype."""
        return {name: value for name, value in vars(self).items() if isinstance(value, float)}


@dataclass(frozen=True)
class Rescale(Operation):
    """``x * scale + shift``; the first operation if there is one."""

    scale: float
    shift: float


@dataclass(frozen=True)
class Product(Operation):
    """``x kernel + bias`` of each of the vectors that follow one another in a row."""

    kernel: Array
    bias: Array | None

    @property
    def vectors(self) -> int:
        """How many there are: one, where the layer takes rows."""
        return self.inputs // len(self.kernel)


@dataclass(frozen=True)
class Activate(Operation):
    """An activation by its name, never linear and no alias. The numbers are its parameters."""

    activation: str
    numbers: tuple[float, ...]

    @property
    def kind(self) -> ActivationKind:
        """What the registry has of it."""
        return ACTIVATIONS[self.activation]

    def numbers_by_name(self) -> dict[str, float]:
        # A limit may be absent, which is infinity.
        given = zip(self.kind.parameters, self.numbers, strict=True)
        return {parameter.name: number for parameter, number in given if parameter.written(number) is not None}


@dataclass(frozen=True)
class NormalizeBatch(Operation):
    """``gamma * (x - mean) / sqrt(variance + epsilon) + beta`` with the moving mean and variance."""

    gamma: Array
    beta: Array
    mean: Array
    variance: Array
    epsilon: float


@dataclass(frozen=True)
class NormalizeLayer(Operation):
    """The same with the sample's own mean and variance."""

    gamma: Array
    beta: Array
    epsilon: float


@dataclass(frozen=True)
class Lookup(Operation):
    """Each number of a row is that of a row of the table."""

    table: Array


@dataclass(frozen=True)
class Find(Operation):
    """Each term of a row becomes its place in the vocabulary, behind ``unknown`` numbers of terms that are not there.

    Of several such numbers, a whole number has that of its remainder. Before them all comes a mask, if there is one.
    """

    terms: tuple[Any, ...]
    unknown: int
    mask: Any

    @property
    def of_strings(self) -> bool:
        return isinstance(self.terms[0], str)


@dataclass(frozen=True)
class Merge(Operation):
    """Rows of equal size to one, number by number; ``kind`` is "add", "subtract" and so on."""

    kind: str

    @property
    def count(self) -> int:
        """How many rows."""
        return self.inputs // self.outputs


@dataclass(frozen=True)
class Join(Operation):
    """Rows side by side; ``sizes`` are theirs."""

    sizes: tuple[int, ...]


@dataclass(frozen=True)
class InnerProduct(Operation):
    """The sum of the products of two rows, number by number."""


@dataclass(frozen=True)
class Arrange(Operation):
    """The axes of a sample of this shape in another order, counted from 0."""

    shape: tuple[int, ...]
    axes: tuple[int, ...]

    @property
    def order(self) -> list[int]:
        """Number i is that at place ``order[i]``."""
        order: list[int] = np.arange(self.inputs).reshape(self.shape).transpose(self.axes).ravel().tolist()
        return order


@dataclass(frozen=True)
class Slope(Operation):
    """``x`` where it is positive, else ``alpha * x``."""

    alpha: Array


@dataclass(frozen=True)
class NormalizeVectors(Operation):
    """Vectors of ``width`` numbers: ``x / max(length, epsilon)``, or ``scale * x / sqrt(mean(x**2) + epsilon)``.

    The first where there is no scale.
    """

    width: int
    epsilon: float
    scale: Array | None


@dataclass(frozen=True)
class Encode(Operation):
    """Whole numbers below ``categories`` as zeros and ones; ``mode`` is that of `CategoryEncoding`."""

    categories: int
    mode: str
