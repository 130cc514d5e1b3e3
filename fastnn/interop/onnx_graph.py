"""An ONNX graph in the making: named initializers, and values that arithmetic turns into further nodes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

__all__ = ["Graph", "Value"]


class Graph:
    """Nodes and initializers under the names of the layers that they come from.

    Names are a layer's and a word without a dot, so that those of two layers never meet.

    Attributes
    ----------
    dtype : dtype
        Of all numbers.
    opset : int
        ONNX's version of the operators.
    layer : str
        Names what is added next.
    nodes, initializers : list
        As ONNX takes them.
    """

    def __init__(self, dtype: np.dtype[Any], opset: int) -> None:
        self.dtype, self.opset, self.layer = dtype, opset, ""
        self.nodes: list[NodeProto] = []
        self.initializers: list[TensorProto] = []
        self._uses: Counter[str] = Counter()
        self._numbers: dict[float, Value] = {}
        self._arrays: dict[int, tuple[Value, NDArray[Any]]] = {}

    def reserve(self, name: str) -> None:
        """Keep a name for an input or an output."""
        self._uses[name] += 1

    def initializer(self, name: str, values: ArrayLike, dtype: np.dtype[Any] | None = None) -> Value:
        """An array of the layer's, once for all calls of the layer, or a number."""
        from onnx import numpy_helper

        if isinstance(values, np.ndarray) and id(values) in self._arrays:
            return self._arrays[id(values)][0]
        full = self._unique(name)
        if isinstance(values, np.ndarray):
            # Kept with the array: another that took its place in memory would be taken for it.
            self._arrays[id(values)] = Value(self, full), values
        self.initializers.append(numpy_helper.from_array(np.asarray(values, dtype=dtype or self.dtype), full))
        return Value(self, full)

    def number(self, value: float) -> Value:
        """A number of a formula, once for all layers."""
        if value not in self._numbers:
            layer, self.layer = self.layer, "number"
            self._numbers[value] = self.initializer(f"n{len(self._numbers)}", value)
            self.layer = layer
        return self._numbers[value]

    def _unique(self, name: str) -> str:
        full = unique = f"{self.layer}.{name}"
        while self._uses[unique]:
            self._uses[full] += 1
            unique = f"{full}_{self._uses[full]}"
        self._uses[unique] += 1
        return unique

    def node(self, operator: str, *inputs: Value, **attributes: Any) -> Value:
        """The value that an operator of ONNX gives."""
        from onnx import helper

        name = self._unique(operator.lower())
        names = [value.name for value in inputs]
        self.nodes.append(helper.make_node(operator, names, [name], name=name, **attributes))
        return Value(self, name)


class Value:
    """An array in a graph."""

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph, self.name = graph, name

    def apply(self, operator: str, *others: Value | float, **attributes: Any) -> Value:
        """The operator's value for this one and others; numbers become initializers."""
        values = [other if isinstance(other, Value) else self.graph.number(other) for other in others]
        return self.graph.node(operator, self, *values, **attributes)

    @property
    def is_float32(self) -> bool:
        """Whether ONNX Runtime has kernels for all operators; for float64 many are missing."""
        return bool(self.graph.dtype == np.float32)

    def __add__(self, other: Value | float) -> Value:
        return self.apply("Add", other)

    def __sub__(self, other: Value | float) -> Value:
        return self.apply("Sub", other)

    def __mul__(self, other: Value | float) -> Value:
        return self.apply("Mul", other)

    def __truediv__(self, other: Value | float) -> Value:
        return self.apply("Div", other)

    def __rtruediv__(self, other: float) -> Value:
        return self.graph.number(other) / self

    def __rsub__(self, other: float) -> Value:
        return self.graph.number(other) - self

    def __neg__(self) -> Value:
        return self.apply("Neg")

    def expm1_of_negative(self) -> Value:
        """``exp(x) - 1`` where x is negative, else 0: with h = tanh(x / 2), it is 2 h / (1 - h)."""
        half = (self.apply("Min", 0) * 0.5).apply("Tanh")
        return half * 2 / (1 - half)

    def log1p_of_share(self) -> Value:
        """``log(1 + x)`` for 0 <= x <= 1: what rounding took from x in the sum is given back, to first order."""
        total = self + 1
        return total.apply("Log") + (self - (total - 1)) / total

    def in_shape(self, *shape: int) -> Value:
        """The same numbers in another shape."""
        return self.apply("Reshape", self.graph.initializer("shape", shape, np.dtype(np.int64)))

    def sums(self, axis: int) -> Value:
        """Along an axis, which stays with one number."""
        return self.graph.node("ReduceSum", self, self.graph.initializer("axes", [axis], np.dtype(np.int64)))

    def mean(self) -> Value:
        """Of each row, with shape (rows, 1)."""
        if self.graph.opset < 18:
            return self.apply("ReduceMean", axes=[1])
        return self.graph.node("ReduceMean", self, self.graph.initializer("axes", [1], np.dtype(np.int64)))
