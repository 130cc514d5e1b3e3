"""Keras layers: each that fastnn has, made of its class' name and its options.

Classes and functions are looked up in tables, and an option that is not known is refused unless it is off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fastnn import layers, regularizers
from fastnn.activations.registry import ACTIVATIONS
from fastnn.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from fastnn.constraints.base import Constraint
from fastnn.interop.keras_lookups import LOOKUPS
from fastnn.interop.keras_options import Options, finite_option
from fastnn.layers.applied import AppliedActivation, resolve
from fastnn.layers.base import Layer
from fastnn.registry import Without, given

__all__ = ["check_own", "layer_of"]


def check_own(entry: Mapping[str, Any]) -> None:
    """Raise ValueError where a class is not Keras' own: a user's may be called Dense, too."""
    own = entry.get("registered_name") in (None, entry["class_name"])
    # Keras writes null for a class that is neither its own nor registered; older files have no such key.
    if not own or str(entry.get("module", "keras")).split(".")[0] != "keras":
        name = entry["config"].get("name")
        what = f"the layer {name!r} is" if name else "it has"
        raise ValueError(f"{what} a {entry['class_name']} that is not Keras' own, and whose code no file holds")


def layer_of(kind: str, config: Mapping[str, Any], custom_objects: Mapping[str, Any]) -> Layer:
    """A layer of fastnn that computes what a layer of Keras does.

    Parameters
    ----------
    kind : str
        The class of Keras.
    config : mapping
        Its options.
    custom_objects : mapping of str to activation
        As for `from_keras`.

    Raises
    ------
    ValueError, TypeError, KeyError, AttributeError
        For a class or an option that fastnn has not, or that is none of Keras'.

    Examples
    --------
    >>> layer_of("LeakyReLU", {"negative_slope": 0.1}, {}).applied.numbers
    (0.1,)
    """
    maker = _MAKERS.get(kind)
    if maker is None:
        raise ValueError(f"fastnn has no such layer; it has {', '.join(_MAKERS)}")
    options = Options(config, custom_objects)
    layer = maker(options)
    options.finish()
    return layer


def _activation(value: Any, custom_objects: Mapping[str, Any]) -> AppliedActivation:
    name: Any = value
    if isinstance(value, dict):
        name = value.get("config", {})
        if isinstance(name, dict) and "class_name" in value and value["class_name"] in _MAKERS:
            check_own(value)
            layer = layer_of(value["class_name"], name, custom_objects)
            if not isinstance(layer, layers.Activation):
                raise ValueError(f"its activation is a {value['class_name']}, which is none")
            return layer.applied
    if name is not None and not isinstance(name, str):
        raise ValueError(
            f"its activation is {value!r}, but fastnn takes names and layers of activations: give a lambda's function "
            "a name, and see custom_objects"
        )
    # A function of the user's own is registered as package>name.
    for own in (name, name.split(">")[-1]) if name else ():
        if own in custom_objects:
            return resolve(custom_objects[own])
    try:
        return resolve(name)
    except ValueError as error:
        raise ValueError(
            f"{error} For one of your own pass custom_objects={{{name!r}: (function, derivative)}}."
        ) from error


def _regularizer(options: Options, name: str) -> regularizers.L1L2 | None:
    value = options.get(name)
    if value is None:
        return None
    check_own(value)
    if value["class_name"] not in ("L1", "L2", "L1L2"):
        raise ValueError(f"its {name} is {value['class_name']}, but fastnn has L1, L2, L1L2")
    return regularizers.L1L2(**{name: finite_option(name, size) for name, size in value["config"].items()})


_CONSTRAINTS: dict[str, type[Any]] = {kind.__name__: kind for kind in (MaxNorm, MinMaxNorm, NonNeg, UnitNorm)}


def _constraint(options: Options, name: str) -> Constraint | None:
    value = options.get(name)
    if value is None:
        return None
    check_own(value)
    if value["class_name"] not in _CONSTRAINTS:
        raise ValueError(f"its {name} is {value['class_name']}, but fastnn has {', '.join(_CONSTRAINTS)}")
    config = {key: size if key == "axis" else finite_option(key, size) for key, size in value["config"].items()}
    made: Constraint = _CONSTRAINTS[value["class_name"]](**config)
    return made


def _adjustments(options: Options, *arrays: str) -> dict[str, Any]:
    """Penalties and constraints of these arrays, and the penalty on outputs."""
    found: dict[str, Any] = {"activity_regularizer": _regularizer(options, "activity_regularizer")}
    for array in arrays:
        found |= _of_array(options, array)
    return found


def _of_array(options: Options, array: str) -> dict[str, Any]:
    penalty, limit = f"{array}_regularizer", f"{array}_constraint"
    return {penalty: _regularizer(options, penalty), limit: _constraint(options, limit)}


def _dense(options: Options) -> Layer:
    return layers.Dense(
        options["units"],
        _activation(options["activation"], options.custom_objects),
        options.switch("use_bias"),
        **_adjustments(options, "kernel", "bias"),
    )


def _flatten(options: Options) -> Layer:
    if options.get("data_format") == "channels_first":
        raise ValueError("it has data_format='channels_first', but fastnn's Flatten takes numbers as they lie")
    return layers.Flatten()


def _activation_layers() -> dict[str, Callable[[Options], Layer]]:
    """What makes the layers of activations that Keras has, too, by their classes."""
    found: dict[str, Callable[[Options], Layer]] = {}
    for kind in ACTIVATIONS:
        if not isinstance(kind.keras, Without):
            found[given(kind.layer, f"the layer of the activation {kind.name}").__name__] = kind.keras
    return found


def _batch_normalization(options: Options) -> Layer:
    options.last_axis(may_be_first=True)
    momentum, epsilon = options.number("momentum"), options.number("epsilon")
    return layers.BatchNormalization(
        momentum=momentum,
        epsilon=epsilon,
        center=options.switch("center"),
        scale=options.switch("scale"),
        **_adjustments(options, "beta", "gamma"),
    )


def _layer_normalization(options: Options) -> Layer:
    options.last_axis(may_be_first=True)
    return layers.LayerNormalization(
        epsilon=options.number("epsilon"),
        center=options.switch("center"),
        scale=options.switch("scale"),
        **_adjustments(options, "beta", "gamma"),
    )


def _prelu(options: Options) -> Layer:
    return layers.PReLU(**_of_array(options, "alpha"), shared_axes=options.get("shared_axes"))


def _embedding(options: Options) -> Layer:
    return layers.Embedding(options["input_dim"], options["output_dim"], **_of_array(options, "embeddings"))


def _concatenate(options: Options) -> Layer:
    options.last_axis(may_be_first=True)
    return layers.Concatenate()


def _dot(options: Options) -> Layer:
    axes = options["axes"]
    # One for both inputs, or one for each: of rows, 1 and -1 are the same.
    if any(axis not in (1, -1) for axis in (axes if isinstance(axes, list | tuple) else [axes])):
        raise ValueError(f"its axes are {axes!r}, but fastnn has 1, the numbers of a row")
    return layers.Dot(normalize=options.switch("normalize"))


def _merging(kind: Callable[[], Layer]) -> Callable[[Options], Layer]:
    return lambda options: kind()


def _unit_normalization(options: Options) -> Layer:
    options.last_axis()
    return layers.UnitNormalization()


def _normalization(options: Options) -> Layer:
    axis = options["axis"]
    if axis not in (None, [], ()):
        options.last_axis()
    mean, variance = options.get("mean"), options.get("variance")
    given = [None if one is None else np.asarray(one, dtype=np.float64) for one in (mean, variance)]
    # Keras keeps an axis of one for each that it sums over.
    kept = [None if one is None else one.reshape(() if one.size == 1 else -1) for one in given]
    return layers.Normalization(mean=kept[0], variance=kept[1], axis=None if axis in (None, [], ()) else -1)


def _rms_normalization(options: Options) -> Layer:
    options.last_axis()
    return layers.RMSNormalization(epsilon=options.number("epsilon"))


_MAKERS: dict[str, Callable[[Options], Layer]] = {
    "Dense": _dense,
    "Embedding": _embedding,
    **LOOKUPS,
    "Flatten": _flatten,
    "Activation": lambda options: layers.Activation(_activation(options["activation"], options.custom_objects)),
    **_activation_layers(),
    "Dropout": lambda options: layers.Dropout(options.number("rate")),
    "AlphaDropout": lambda options: layers.AlphaDropout(options.number("rate")),
    "GaussianDropout": lambda options: layers.GaussianDropout(options.number("rate")),
    "Reshape": lambda options: layers.Reshape(options["target_shape"]),
    "Permute": lambda options: layers.Permute(options["dims"]),
    "Identity": lambda options: layers.Identity(),
    "PReLU": _prelu,
    "Normalization": _normalization,
    "UnitNormalization": _unit_normalization,
    "RMSNormalization": _rms_normalization,
    "CategoryEncoding": lambda options: layers.CategoryEncoding(options["num_tokens"], options["output_mode"]),
    "GaussianNoise": lambda options: layers.GaussianNoise(options.number("stddev")),
    "ActivityRegularization": lambda options: layers.ActivityRegularization(
        options.number("l1", 0.0), options.number("l2", 0.0)
    ),
    "BatchNormalization": _batch_normalization,
    "LayerNormalization": _layer_normalization,
    "Concatenate": _concatenate,
    "Dot": _dot,
    **{
        name: _merging(getattr(layers, name))
        for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
    },
    "Rescaling": lambda options: layers.Rescaling(options.number("scale"), options.number("offset")),
}
