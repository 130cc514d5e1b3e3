"""PyTorch modules with a forward of their own: traced by ``torch.fx``, they become graphs of layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fastnn import layers
from fastnn.checking.shapes import Shape, checked_shape
from fastnn.interop.assembling import check_rows
from fastnn.interop.torch_functions import (
    ARITHMETIC,
    MERGES,
    MODULES,
    NEGATIONS,
    changes_first,
    known_functions,
    name_of,
    options_of,
)
from fastnn.interop.torch_layers import Leaf, check_plain, layer_of, shape_read, torch_array
from fastnn.interop.torch_tracing import traced_nodes
from fastnn.layers.base import Layer
from fastnn.layers.symbolic import SymbolicTensor
from fastnn.models.functional import Model

__all__ = ["traced"]


def traced(module: Any, input_shape: Sequence[Any] | None, dtype: np.dtype[Any], torch: Any) -> Model:
    """The graph of a module, with its weights; see `fastnn.interop.from_torch`.

    Raises
    ------
    ValueError
        For a forward that cannot be traced, and for what fastnn has not; the message names the node.
    """
    return _Reader(module, traced_nodes(module, torch), torch).model(input_shape, dtype)


class _Reader:
    """Follows the nodes of a trace; a module that is called several times is one layer."""

    def __init__(self, module: Any, nodes: list[Any], torch: Any) -> None:
        self.module, self.nodes, self.torch = module, nodes, torch
        self.places = {node: place for place, node in enumerate(nodes)}
        self.functions = known_functions(torch)
        self.values: dict[Any, SymbolicTensor] = {}
        # The nodes that are one tensor of PyTorch, or views of it, by each of them.
        self.views: dict[Any, set[Any]] = {}
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
                raise ValueError(f"the node {node.name!r} ({node.op} {name_of(node.target)}): {error}") from error
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
                shape = shape_read(self.module.get_submodule(reader.target))
                if shape is not None:
                    return shape
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
        elif node.op == "get_attr":
            raise ValueError(
                "it is a number or an array of a module, but fastnn's graphs are made of inputs and layers alone; a "
                "class of your own is followed into its forward, even where it extends a module of PyTorch's"
            )
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
        check_plain(module, leaf.spelled, self.torch)
        if type(module) is self.torch.nn.Identity:
            self._same_tensor(node)
            return value
        if node.target not in self.made:
            layer, tensors = layer_of(leaf, value.sample_shape, self.torch)
            self.made[node.target] = layer
            self.tensors[layer] = [(tensor, leaf.spelled) for tensor in tensors]
        layer = self.made[node.target]
        return self._applied(node, layer, value, in_place=getattr(module, "inplace", False))

    def _function(self, node: Any) -> SymbolicTensor:
        target, args, kwargs = node.target, node.args, node.kwargs
        if node.op == "call_method":
            own = target.removesuffix("_")
            name = own if hasattr(self.torch.Tensor, target) and own in self.functions.values() else None
        else:
            name = self.functions.get(target)
        if name is None:
            known = ", ".join(sorted({*ARITHMETIC, *MERGES, *MODULES, *NEGATIONS, "cat", "flatten"}))
            raise ValueError(f"it is none that fastnn has; of PyTorch's functions it has {known}")
        in_place = changes_first(target, kwargs)
        if name in NEGATIONS or (name in ARITHMETIC and (name not in MERGES or any(map(_is_number, args)))):
            made = self._computed(name, args, kwargs)
            return self._changed(node, made) if in_place else made
        if name in MERGES:
            if len(args) != 2 or kwargs:
                raise ValueError(f"it takes {len(args)} values and {dict(kwargs)}, but fastnn merges two")
            made = MERGES[name]()([self._value(one) for one in args])
            return self._changed(node, made) if in_place else made
        if name in MODULES:
            return self._activated(node, MODULES[name], in_place)
        return self._flat(node, *args, **kwargs) if name == "flatten" else self._concatenated(*args, **kwargs)

    def _computed(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> SymbolicTensor:
        """What the arithmetic of a value and a number gives."""
        if kwargs or len(args) > 2:
            raise ValueError(f"it is called with {dict(kwargs)}, but fastnn takes a value and a number alone")
        values = [one if _is_number(one) else self._value(one) for one in args]
        try:
            made: SymbolicTensor = -values[0] if name in NEGATIONS else ARITHMETIC[name](*values)
        except TypeError as error:
            raise ValueError(str(error)) from error
        return made

    def _applied(self, node: Any, layer: Layer, value: SymbolicTensor, *, in_place: bool) -> SymbolicTensor:
        check_rows(layer, value.sample_shape)
        made = layer(value)
        if isinstance(layer, layers.Flatten | layers.Dropout):
            # PyTorch gives the tensor itself, or a view of it.
            self._same_tensor(node)
        return self._changed(node, made) if in_place else made

    def _taken(self, node: Any) -> Any:
        """The node of a call's first argument."""
        given = [*node.args, *(node.kwargs[name] for name in ("input", "self") if name in node.kwargs)]
        return given[0]

    def _same_tensor(self, node: Any) -> None:
        views = self.views.setdefault(self._taken(node), {self._taken(node)})
        views.add(node)
        self.views[node] = views

    def _changed(self, node: Any, made: SymbolicTensor) -> SymbolicTensor:
        """What a call gives that changes its first argument: who reads that later takes the new numbers."""
        self._same_tensor(node)
        for one in self.views[node] - {node}:
            if self.values[one].sample_shape == made.sample_shape:
                self.values[one] = made
            elif any(self.places[reader] > self.places[node] for reader in one.users):
                raise ValueError(
                    f"it changes in place what {one.name!r} shows in another shape, and that is read later: compute a "
                    "new tensor instead"
                )
        return made

    def _concatenated(self, tensors: Sequence[Any], dim: int = 0, axis: int | None = None) -> SymbolicTensor:
        along = dim if axis is None else axis
        if along not in (-1, 1):
            raise ValueError(f"it has dim={along}, but fastnn sets rows side by side, dim=1")
        return layers.Concatenate()([self._value(one) for one in tensors])

    def _flat(self, node: Any, value: Any, start_dim: int = 0, end_dim: int = -1) -> SymbolicTensor:
        if (start_dim, end_dim) != (1, -1):
            raise ValueError(f"it has start_dim={start_dim} and end_dim={end_dim}, but 1 and -1 make rows")
        return self._applied(node, layers.Flatten(), self._value(value), in_place=False)

    def _activated(self, node: Any, kind: str, in_place: bool) -> SymbolicTensor:
        value, options = self._value(self._taken(node)), dict(node.kwargs)
        options.pop("input", None)
        # The module that computes the same says what fastnn has of it.
        made = getattr(self.torch.nn, kind)(**options_of(kind, node.args[1:], options))
        layer, _ = layer_of(Leaf("0", made), value.sample_shape, self.torch)
        return self._applied(node, layer, value, in_place=in_place)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _name(module: Any) -> str:
    return type(module).__name__.lower()
