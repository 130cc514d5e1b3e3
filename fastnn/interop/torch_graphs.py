"""PyTorch modules with a forward of their own: traced by ``torch.fx``, they become graphs of layers."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from fastnn import layers
from fastnn.checking.shapes import Shape, checked_shape
from fastnn.interop.torch_layers import Leaf, check_no_hooks, layer_of, torch_array
from fastnn.layers.base import Layer
from fastnn.layers.symbolic import SymbolicTensor
from fastnn.models.functional import Model

__all__ = ["traced"]

# Functions and methods of tensors, and the modules that compute the same.
_MODULES = {
    name: kind
    for kind, names in {
        "ReLU": "relu relu_", "ReLU6": "relu6", "LeakyReLU": "leaky_relu", "ELU": "elu", "SELU": "selu", "GELU": "gelu",
        "SiLU": "silu", "Mish": "mish", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softplus": "softplus",
        "Softsign": "softsign", "Hardsigmoid": "hardsigmoid", "Hardswish": "hardswish", "Softmax": "softmax",
        "LogSoftmax": "log_softmax", "Dropout": "dropout",
    }.items()
    for name in names.split()
}  # fmt: skip
_MERGES: Mapping[str, type[Layer]] = {
    "add": layers.Add,
    "sub": layers.Subtract,
    "subtract": layers.Subtract,
    "mul": layers.Multiply,
    "multiply": layers.Multiply,
    "maximum": layers.Maximum,
    "minimum": layers.Minimum,
    "iadd": layers.Add,
    "isub": layers.Subtract,
    "imul": layers.Multiply,
}


def traced(module: Any, input_shape: Sequence[Any] | None, dtype: np.dtype[Any], torch: Any) -> Model:
    """The graph of a module, with its weights; see `fastnn.interop.from_torch`.

    Raises
    ------
    ValueError
        For a forward that cannot be traced, and for what fastnn has not; the message names the node.
    """
    try:
        graph = torch.fx.symbolic_trace(module).graph
    except Exception as error:  # whatever the user's own code raises for what it is given
        raise ValueError(
            f"the forward of {type(module).__name__} cannot be traced by torch.fx, as it depends on numbers: {error}"
        ) from error
    return _Reader(module, graph, torch).model(input_shape, dtype)


class _Reader:
    """Follows the nodes of a trace; a module that is called several times is one layer."""

    def __init__(self, module: Any, graph: Any, torch: Any) -> None:
        self.module, self.nodes, self.torch = module, list(graph.nodes), torch
        self.values: dict[Any, SymbolicTensor] = {}
        self.made: dict[str, Layer] = {}
        self.tensors: dict[Layer, list[tuple[Any, str]]] = {}
        self.outputs: Any = None

    def model(self, input_shape: Sequence[Any] | None, dtype: np.dtype[Any]) -> Model:
        begins = [node for node in self.nodes if node.op == "placeholder"]
        if not begins:
            raise ValueError("its forward takes no input")
        inputs = []
        for node, shape in zip(begins, self._shapes(begins, input_shape), strict=True):
            inputs.append(layers.Input(shape, name=node.name))
            self.values[node] = inputs[-1].tensor
        for node in self.nodes:
            if node.op == "placeholder":
                continue
            try:
                self._follow(node)
            except (ValueError, TypeError) as error:
                raise ValueError(f"the node {node.name!r} ({node.op} {_called(node.target)}): {error}") from error
        made = Model.of_tensors(inputs, self.outputs, name=_name(self.module), dtype=dtype, seed=None)
        made._fill(
            [
                torch_array(value, f"an array of {what}")
                for layer in made.layers
                for value, what in self.tensors.get(layer, [])
            ]
        )
        return made

    def _shapes(self, begins: Sequence[Any], given: Sequence[Any] | None) -> list[Shape]:
        if given is None:
            return [self._shape_read(node) for node in begins]
        if len(begins) == 1 and not (len(given) == 1 and isinstance(given[0], list | tuple)):
            return [checked_shape(given, "input_shape")]
        if len(given) != len(begins) or not all(isinstance(shape, list | tuple) for shape in given):
            names = ", ".join(node.name for node in begins)
            raise ValueError(f"input_shape must be a list of {len(begins)} shapes, of {names}, but it is {given!r}")
        return [checked_shape(shape, "input_shape") for shape in given]

    def _shape_read(self, node: Any) -> Shape:
        """What the modules that take an input say of its shape."""
        for reader in node.users:
            if reader.op == "call_module":
                module = self.module.get_submodule(reader.target)
                for attribute in ("in_features", "num_features", "normalized_shape"):
                    if hasattr(module, attribute):
                        return checked_shape(getattr(module, attribute), attribute)
        raise ValueError(
            f"input_shape is needed, the shape of one sample of each input, such as (28, 28): no layer tells that of "
            f"{node.name}"
        )

    def _follow(self, node: Any) -> None:
        if node.op == "output":
            (given,) = node.args
            self.outputs = self._outputs(given)
        elif node.op == "call_module":
            self.values[node] = self._module(node)
        elif node.op in ("call_function", "call_method"):
            self.values[node] = self._function(node)
        else:
            raise ValueError("fastnn's graphs are made of inputs and layers alone, and this is a number or an array")

    def _outputs(self, given: Any) -> Any:
        if isinstance(given, Mapping):
            return {str(name): self._value(one) for name, one in given.items()}
        return [self._value(one) for one in given] if isinstance(given, list | tuple) else self._value(given)

    def _value(self, given: Any) -> SymbolicTensor:
        if isinstance(given, self.torch.fx.Node) and given in self.values:
            return self.values[given]
        raise ValueError(f"it takes {given!r}, but fastnn's layers take what inputs and layers give")

    def _module(self, node: Any) -> SymbolicTensor:
        if node.kwargs or len(node.args) != 1:
            raise ValueError("fastnn's layers are called on one value")
        value, module = self._value(node.args[0]), self.module.get_submodule(node.target)
        leaf = Leaf(node.target, module)
        check_no_hooks(module, leaf.spelled)
        if type(module) is self.torch.nn.Identity:
            return value
        if node.target not in self.made:
            layer, tensors = layer_of(leaf, self.torch)
            self.made[node.target] = layer
            self.tensors[layer] = [(tensor, leaf.spelled) for tensor in tensors]
        layer = self.made[node.target]
        if isinstance(module, self.torch.nn.LayerNorm) and value.sample_shape != tuple(module.normalized_shape):
            raise ValueError(f"it gets {value.sample_shape} numbers of a sample, which is not its own shape")
        return layer(value)

    def _function(self, node: Any) -> SymbolicTensor:
        name = _called(node.target)
        if name in ("cat", "concat", "concatenate"):
            return self._concatenated(*node.args, **node.kwargs)
        if name == "flatten":
            return self._flat(*node.args, **node.kwargs)
        if name in _MERGES:
            if len(node.args) != 2 or node.kwargs:
                raise ValueError(f"it takes {len(node.args)} values and {dict(node.kwargs)}, but fastnn merges two")
            return _MERGES[name]()([self._value(one) for one in node.args])
        if name in _MODULES:
            return self._activated(_MODULES[name], *node.args, **node.kwargs)
        known = ", ".join(sorted({"cat", "flatten", *_MERGES, *_MODULES}))
        raise ValueError(f"it is none that fastnn has; of functions it has {known}")

    def _concatenated(self, tensors: Sequence[Any], dim: int = 0, axis: int | None = None) -> SymbolicTensor:
        along = dim if axis is None else axis
        if along not in (-1, 1):
            raise ValueError(f"it has dim={along}, but fastnn sets rows side by side, dim=1")
        return layers.Concatenate()([self._value(one) for one in tensors])

    def _flat(self, value: Any, start_dim: int = 0, end_dim: int = -1) -> SymbolicTensor:
        if (start_dim, end_dim) != (1, -1):
            raise ValueError(f"it has start_dim={start_dim} and end_dim={end_dim}, but 1 and -1 make rows")
        return layers.Flatten()(self._value(value))

    def _activated(self, kind: str, value: Any, *args: Any, **kwargs: Any) -> SymbolicTensor:
        # The module that computes the same says what fastnn has of it.
        made: Callable[..., Any] = getattr(self.torch.nn, kind)
        names = list(inspect.signature(made.__init__).parameters)[1:]
        given = {"dim" if kind.endswith("Softmax") else names[number]: one for number, one in enumerate(args)} | kwargs
        # A prediction drops nothing, and what is changed in place is the same number.
        options = {key: one for key, one in given.items() if key not in ("training", "inplace", "_stacklevel", "dtype")}
        if given.get("dtype") is not None:
            raise ValueError(f"it has dtype={given['dtype']}, but a model's numbers are all of one type")
        layer, _ = layer_of(Leaf("0", made(**options)), self.torch)
        return layer(self._value(value))


def _called(target: Any) -> str:
    """What a function, a method or a module is called."""
    if isinstance(target, str):
        return target
    name = getattr(target, "__name__", str(target))
    return name.strip("_") if getattr(operator, name, None) is target else name


def _name(module: Any) -> str:
    return type(module).__name__.lower()
