"""Keras configurations: what a Keras model says of its layers, of their order, and of its inputs.

They come from files as often as from Keras, so that nothing in them is trusted.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from fastnn.checking.names import snake_case
from fastnn.checking.shapes import Shape, checked_shape
from fastnn.interop.assembling import MOST_LAYERS
from fastnn.interop.keras_layers import check_own, layer_of
from fastnn.layers.base import Layer
from fastnn.layers.lookup import Lookup

__all__ = [
    "Described",
    "Entry",
    "MadeLayers",
    "check_described",
    "described",
    "entries",
    "groups",
    "input_shape",
    "is_chain",
    "is_model",
    "readable",
    "says_nothing",
]

# Numbers of half precision are numbers of float32, too.
_DTYPES = {
    "float32": "float32",
    "float64": "float64",
    "float16": "float32",
    "mixed_float16": "float32",
    "mixed_bfloat16": "float32",
}


class Entry(NamedTuple):
    """One layer of a configuration, and the group that holds its arrays in a file of weights."""

    kind: str
    options: Mapping[str, Any]
    built: Mapping[str, Any]
    place: str
    frozen: bool


class Described(NamedTuple):
    """A model's layers without their arrays."""

    name: str
    dtype: str
    input_shape: Shape
    layers: list[Layer]
    places: list[str]


def described(model: Mapping[str, Any], custom_objects: Mapping[str, Any]) -> Described:
    """The layers that a model's configuration means.

    Parameters
    ----------
    model : mapping
        With "class_name" and "config", as in config.json of a ``.keras`` file.
    custom_objects : mapping of str to activation
        As for `from_keras`.

    Raises
    ------
    ValueError, TypeError, KeyError, AttributeError
        For what fastnn has not, or no configuration at all.

    Examples
    --------
    >>> dense = {"name": "last", "units": 2, "activation": "tanh", "use_bias": True, "batch_input_shape": [None, 3]}
    >>> model = {"name": "small", "layers": [{"class_name": "Dense", "config": dense}]}
    >>> described({"class_name": "Sequential", "config": model}, {}).layers
    [<Dense last: None to None>]
    """
    found = list(itertools.islice(entries(model), MOST_LAYERS + 1))
    if len(found) > MOST_LAYERS:
        raise ValueError(f"the model has more than {MOST_LAYERS} layers")
    first = found[0] if found else Entry("", {}, {}, "", False)
    shape = input_shape(model["config"], first.options, first.built)
    made = MadeLayers(custom_objects)
    for entry in found:
        if entry.kind != "InputLayer":
            made.add(entry)
    if not made.layers:
        raise ValueError("the model has no layers that compute")
    return Described(model["config"]["name"], made.dtype, shape, made.layers, made.places)


class MadeLayers:
    """The layers of entries, each of another name, with their places in a file of weights.

    Parameters
    ----------
    custom_objects : mapping of str to activation
        As for `from_keras`.
    """

    def __init__(self, custom_objects: Mapping[str, Any]) -> None:
        self.custom_objects = custom_objects
        self.layers: list[Layer] = []
        self.places: list[str] = []
        self._names: set[str] = set()
        # Where the numbers of each name begin that are not known to be taken.
        self._numbers: dict[str, int] = {}
        self._dtypes: set[str] = set()

    @property
    def dtype(self) -> str:
        """The widest of all layers'."""
        return max(self._dtypes, default="float32")

    def add(self, entry: Entry) -> Layer:
        """The layer of an entry; ValueError, which names it, where fastnn has none such."""
        try:
            layer = layer_of(entry.kind, entry.options, self.custom_objects)
            layer.trainable = not entry.frozen
            # What a lookup says is the type of its terms, or of nothing.
            self._dtypes.add("float32" if isinstance(layer, Lookup) else _dtype(entry.options.get("dtype")))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            what = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"the layer {entry.options['name']!r} ({entry.kind}): {what}") from error
        self.name(layer, entry.options["name"])
        self.layers.append(layer)
        self.places.append(entry.place)
        return layer

    def name(self, layer: Layer, name: Any) -> None:
        """Give a layer a name, with a number where there is one such already; ValueError for what is none."""
        if not isinstance(name, str) or not name:
            raise ValueError(f"a layer has the name {name!r}, but names are strings")
        number = self._numbers.get(name, 0)
        while (found := name if number == 0 else f"{name}_{number}") in self._names:
            number += 1
        layer.name, self._numbers[name] = found, number
        self._names.add(found)


def entries(model: Mapping[str, Any], place: str = "", frozen: bool = False) -> Iterator[Entry]:
    """The layers of a configuration in their order, those of models within the model, too.

    Raises
    ------
    ValueError
        When a layer is not Keras' own.
    """
    kind, config = model["class_name"], model["config"]
    check_own(model)
    # Of models, the outermost alone freezes what it has: those within leave it to their layers.
    if not (place and is_model(model)):
        frozen = frozen or config.get("trainable") is False
    if not is_model(model):
        yield Entry(kind, config, model.get("build_config") or {}, place, frozen)
        return
    for child, group in zip(config["layers"], groups(child["class_name"] for child in config["layers"]), strict=True):
        yield from entries(child, f"{place}layers/{group}/", frozen)


def check_described(model: Any) -> None:
    """Raise ValueError where a Keras model computes something else than its configuration says.

    That is where a layer occurs twice, or in two models within it, for the configuration has it once; and where a layer
    was given a ``call`` of its own.
    """
    seen: set[int] = set()
    waiting = list(model.layers)
    while waiting:
        layer = waiting.pop()
        if id(layer) in seen:
            raise ValueError(
                f"the layer {layer.name!r} ({type(layer).__name__}) occurs more than once, and Keras' configuration, "
                "as its files, has it once: make a layer for each place, with the same weights"
            )
        seen.add(id(layer))
        if "call" in vars(layer):
            raise ValueError(
                f"the layer {layer.name!r} ({type(layer).__name__}) was given a call of its own, beside that of its "
                "class, which no configuration has"
            )
        # An activation may be a layer, too; it has none within it.
        waiting += getattr(layer, "layers", None) or ()


@contextlib.contextmanager
def readable(what: str) -> Iterator[None]:
    """What is raised for a configuration that is none becomes a ValueError, which calls it ``what``.

    Examples
    --------
    >>> with readable("the configuration"):
    ...     {}["layers"]
    Traceback (most recent call last):
    ValueError: the configuration lacks 'layers'
    """
    try:
        yield
    except KeyError as error:
        raise ValueError(f"{what} lacks {error}") from error
    except (TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"{what} is none that Keras writes: {error}") from error


def groups(kinds: Iterable[str]) -> Iterator[str]:
    """The groups of layers of these classes in a file of weights: each class is counted.

    Examples
    --------
    >>> list(groups(["Dense", "BatchNormalization", "Dense"]))
    ['dense', 'batch_normalization', 'dense_1']
    """
    counts: dict[str, int] = {}
    for kind in kinds:
        name = snake_case(kind)
        number = counts[name] = counts.get(name, -1) + 1
        yield f"{name}_{number}" if number else name


def is_model(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is that of a model of Keras' own. Keras 2 calls a graph ``Model``, as users call a class."""
    kind = entry["class_name"]
    return kind in ("Sequential", "Functional") or (kind == "Model" and "input_layers" in entry["config"])


def is_chain(model: Mapping[str, Any]) -> bool:
    """Whether each layer takes what the one before gives and nothing else, in models within the model, too."""
    config = model["config"]
    if not is_model(model):
        return True
    if model["class_name"] != "Sequential":
        before = None
        for layer in config["layers"]:
            if _inputs(layer["inbound_nodes"]) != ([] if before is None else [before]):
                return False
            before = layer["name"]
        outputs = config["output_layers"]
        # One output is written as [name, 0, 0] or [[name, 0, 0]].
        if isinstance(outputs, dict) or not outputs:
            return False
        if [output[0] for output in (outputs if isinstance(outputs[0], list | tuple) else [outputs])] != [before]:
            return False
    return all(map(is_chain, config["layers"]))


def _inputs(nodes: Any) -> list[Any]:
    """Which layers feed one: by name, or as None where a call has other arguments, or what only Keras 2 writes."""
    tensors: list[Any] = []
    for node in nodes:
        if not isinstance(node, dict) or not all(map(says_nothing, node["kwargs"].values())):
            return [None]
        tensors += node["args"]
    return [tensor["config"]["keras_history"][0] if isinstance(tensor, dict) else None for tensor in tensors]


def says_nothing(value: Any) -> bool:
    """Whether an argument of a call is as if it had not been passed: Keras writes a mask of None for each input."""
    if isinstance(value, list | tuple | dict):
        return all(map(says_nothing, value.values() if isinstance(value, dict) else value))
    return value is None or value is False


def input_shape(config: Mapping[str, Any], options: Mapping[str, Any], built: Mapping[str, Any]) -> Shape:
    """The shape of a sample of a model's only input, which the model says itself, or its first layer.

    Raises
    ------
    ValueError
        Where nothing tells it, or a size is not known.

    Examples
    --------
    >>> input_shape({}, {"batch_shape": [None, 3]}, {})
    (3,)
    """
    candidates = (
        options.get("batch_shape"),
        options.get("batch_input_shape"),
        config.get("build_input_shape"),
        built.get("input_shape"),
    )
    for shape in candidates:
        if shape is None:
            continue
        if not isinstance(shape, list | tuple) or len(shape) < 2 or None in shape[1:]:
            raise ValueError(f"its inputs have the shape {shape!r}, but fastnn needs every size but that of the batch")
        return checked_shape(list(shape[1:]), "the shape of a sample")
    raise ValueError("the shape of its inputs is not known: build the model, or start it with keras.Input(shape)")


def _dtype(policy: Any) -> str:
    name = policy["config"].get("name") if isinstance(policy, dict) else policy
    if name is None:
        return "float32"
    if name not in _DTYPES:
        raise ValueError(f"its dtype is {name!r}, but fastnn has float32 and float64")
    return _DTYPES[name]
