"""Keras configurations that are no chains: layers that are called, several times or on several values, become a graph.

As all configurations they come from files, so that nothing in them is trusted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from fastnn import layers
from fastnn.interop.assembling import MOST_LAYERS
from fastnn.interop.keras_config import Entry, MadeLayers, groups, input_shape, is_model, says_nothing
from fastnn.interop.keras_layers import check_own
from fastnn.layers.base import Layer
from fastnn.layers.symbolic import SymbolicTensor
from fastnn.models.functional import Model

__all__ = ["DescribedGraph", "described_graph"]

M = TypeVar("M", bound=Model)
Tensors = list[SymbolicTensor]
Call = Callable[[Tensors], Tensors]

# Functions of tensors that Keras writes as if they were layers, and what they are here.
_OPERATIONS = {
    "Add": layers.Add,
    "Subtract": layers.Subtract,
    "Multiply": layers.Multiply,
    "Maximum": layers.Maximum,
    "Minimum": layers.Minimum,
}


class DescribedGraph(NamedTuple, Generic[M]):
    """A graph without its arrays; its layers with their places in a file of weights, in Keras' order."""

    model: M
    layers: list[Layer]
    places: list[str]


def described_graph(model: Mapping[str, Any], custom_objects: Mapping[str, Any], kind: type[M]) -> DescribedGraph[M]:
    """The graph that a model's configuration means, of a class; models within it are taken apart.

    Parameters and errors are those of `fastnn.interop.keras_config.described`.
    """
    config = model["config"]
    reader = _Reader(custom_objects)
    call = reader.make(model, "", False)
    begins: Any
    outputs: Any
    if model["class_name"] == "Sequential":
        first = config["layers"][0]
        begins = [layers.Input(input_shape(config, first["config"], first.get("build_config") or {}))]
        outputs = call([one.tensor for one in begins])
    else:
        by_name = {str(one["config"]["name"]): one for one in config["layers"]}
        inputs = [by_name[name] for name, _, _ in _references(config["input_layers"])]
        begins = [layers.Input(input_shape({}, one["config"], {}), name=one["config"]["name"]) for one in inputs]
        outputs = call([one.tensor for one in begins])
        if isinstance(config["output_layers"], dict):
            by_key = dict(zip(sorted(config["output_layers"]), outputs, strict=True))
            outputs = {key: by_key[key] for key in config["output_layers"]}
    made = kind.of_tensors(begins, outputs, name=config["name"], dtype=reader.made.dtype, seed=None)
    return DescribedGraph(made, reader.made.layers, reader.made.places)


class _Reader:
    """Makes layers, each once, and what their calls are."""

    def __init__(self, custom_objects: Mapping[str, Any]) -> None:
        self.made = MadeLayers(custom_objects)
        self._calls = 0

    def make(self, entry: Mapping[str, Any], place: str, frozen: bool) -> Call:
        """The function of tensors that a layer, or a model within the model, is."""
        kind, config = entry["class_name"], entry["config"]
        if _is_operation(entry):
            return self._operation(kind, config)
        check_own(entry)
        # Of models, the outermost alone freezes what it has: those within leave it to their layers.
        if not (place and is_model(entry)):
            frozen = frozen or config.get("trainable") is False
        if kind == "InputLayer":
            return lambda tensors: tensors
        if not is_model(entry):
            return self._called(self.made.add(Entry(kind, config, entry.get("build_config") or {}, place, frozen)))
        children = config["layers"]
        if len(children) > MOST_LAYERS:
            raise ValueError(f"the model has more than {MOST_LAYERS} layers")
        # What computes without being a layer has no group.
        kinds = [child["class_name"] for child in children if not _is_operation(child)]
        named = iter(groups(kinds))
        calls = [
            self.make(child, "" if _is_operation(child) else f"{place}layers/{next(named)}/", frozen)
            for child in children
        ]
        return _chain(calls) if kind == "Sequential" else _graph(config, calls)

    def _operation(self, kind: str, config: Mapping[str, Any]) -> Call:
        if kind not in _OPERATIONS:
            known = ", ".join(_OPERATIONS)
            raise ValueError(f"the function {config.get('name')!r} ({kind}) is none that fastnn has; it has {known}")
        layer = _OPERATIONS[kind]()
        self.made.name(layer, config["name"])
        return self._called(layer)

    def _called(self, layer: Layer) -> Call:
        def call(tensors: Tensors) -> Tensors:
            # A model within, called twice, that holds one, called twice, and so on.
            self._calls += 1
            if self._calls > MOST_LAYERS:
                raise ValueError(f"the model calls its layers more than {MOST_LAYERS} times")
            return [layer(tensors if len(tensors) != 1 else tensors[0])]

        return call


def _is_operation(entry: Mapping[str, Any]) -> bool:
    return str(entry.get("module")).startswith("keras.src.ops.")


def _chain(calls: Iterable[Call]) -> Call:
    steps = list(calls)

    def call(tensors: Tensors) -> Tensors:
        for step in steps:
            tensors = step(tensors)
        return tensors

    return call


Reference = tuple[str, int, int]


def _graph(config: Mapping[str, Any], calls: list[Call]) -> Call:
    names = [str(child.get("name") or child["config"]["name"]) for child in config["layers"]]
    if len(set(names)) < len(names):
        raise ValueError(f"the model {config['name']!r} has two layers of one name")
    functions = dict(zip(names, calls, strict=True))
    sources: dict[tuple[str, int], list[Reference]] = {}
    for name, child in zip(names, config["layers"], strict=True):
        for number, node in enumerate(child["inbound_nodes"]):
            sources[name, number] = _sources(node, name)
    begins, ends = _references(config["input_layers"]), _references(config["output_layers"])
    _count_from_zero(config["layers"], names, sources, ends)
    inputs = {(name, number) for name, number, _ in begins}
    steps = _in_order({node: given for node, given in sources.items() if node not in inputs}, inputs)

    def call(tensors: Tensors) -> Tensors:
        if len(tensors) != len(begins):
            raise ValueError(
                f"the model {config['name']!r} takes {len(begins)} inputs, but is called on {len(tensors)}"
            )
        values = {(name, number): [tensor] for (name, number, _), tensor in zip(begins, tensors, strict=True)}
        for node in steps:
            values[node] = functions[node[0]]([values[name, number][at] for name, number, at in sources[node]])
        return [values[name, number][at] for name, number, at in ends]

    return call


def _count_from_zero(
    children: list[Mapping[str, Any]],
    names: list[str],
    sources: dict[tuple[str, int], list[Reference]],
    ends: list[Reference],
) -> None:
    """Number calls of models within as those of other layers.

    To Keras such a model begins with a call that made it. Keras 3 counts it where it names outputs of graphs, Keras 2
    wherever it has one, which files of it do not say: there no call has the number 0.
    """
    models = {name for name, child in zip(names, children, strict=True) if is_model(child)}
    if any(isinstance(node, dict) for child in children for node in child["inbound_nodes"]):
        graphs = {name for name, child in zip(names, children, strict=True) if child["class_name"] != "Sequential"}
        shifted, lists = models & graphs, [ends]
    else:
        lists = [*sources.values(), ends]
        least: dict[str, int] = {}
        for name, number, _ in (one for given in lists for one in given):
            least[name] = min(number, least.get(name, number))
        shifted = {name for name in models if least.get(name) == 1}
    for given in lists:
        given[:] = [(name, number - (name in shifted), at) for name, number, at in given]


def _in_order(sources: Mapping[tuple[str, int], list[Reference]], known: set[tuple[str, int]]) -> list[tuple[str, int]]:
    """Calls in an order in which they can be made; ValueError where one takes what nothing gives, or its own."""
    readers: dict[tuple[str, int], list[tuple[str, int]]] = {}
    missing: dict[tuple[str, int], int] = {}
    for node, given in sources.items():
        needed = {(name, number) for name, number, _ in given} - known
        missing[node] = len(needed)
        for one in needed:
            readers.setdefault(one, []).append(node)
    ready = deque(node for node, count in missing.items() if count == 0)
    found = []
    while ready:
        node = ready.popleft()
        found.append(node)
        for reader in readers.get(node, ()):
            missing[reader] -= 1
            if missing[reader] == 0:
                ready.append(reader)
    if len(found) < len(sources):
        lost = next(node[0] for node, count in missing.items() if count)
        raise ValueError(f"the layer {lost!r} takes what no layer before it gives")
    return found


def _sources(node: Any, name: str) -> list[Reference]:
    """What a call takes, as Keras 3 or Keras 2 writes it."""
    if isinstance(node, dict):
        kwargs = {key: value for key, value in node["kwargs"].items() if not says_nothing(value)}
        if kwargs:
            raise ValueError(f"the layer {name!r} is called with {kwargs!r}, which fastnn has not")
        return [_reference(_history(one, name)) for one in _flat(node["args"])]
    found = []
    for one in node:
        if len(one) > 3 and any(value not in (None, False) for value in one[3].values()):
            raise ValueError(f"the layer {name!r} is called with {one[3]!r}, which fastnn has not")
        found.append(_reference(one[:3]))
    return found


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict) and value.get("class_name") != "__keras_tensor__":
        value = [value[key] for key in sorted(value)]
    if not isinstance(value, list | tuple):
        return [value]
    return [inner for one in value for inner in _flat(one)]


def _history(value: Any, name: str) -> Any:
    if not isinstance(value, dict) or value.get("class_name") != "__keras_tensor__":
        raise ValueError(f"the layer {name!r} is called on {value!r}, but fastnn's are called on what others give")
    return value["config"]["keras_history"]


def _references(given: Any) -> list[Reference]:
    """Inputs or outputs of a model: one, a list, or a dict, which Keras goes through by its sorted keys."""
    listed = [given[key] for key in sorted(given)] if isinstance(given, dict) else given
    if listed and isinstance(listed[0], str):
        listed = [listed]
    return [_reference(one) for one in listed]


def _reference(given: Any) -> Reference:
    name, number, at = given
    if not (isinstance(name, str) and type(number) is int and type(at) is int and number >= 0 and at >= 0):
        raise ValueError(f"{given!r} names no value of a layer")
    return name, number, at
