"""Keras' lookups: layers of strings and of whole numbers, to fastnn's and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastnn import layers
from fastnn.interop.keras_options import Options
from fastnn.layers.lookup import Lookup

__all__ = ["LOOKUPS", "described_lookup", "element_of_lookup"]

# What Keras writes of lookups that compute what fastnn's do; anything else is an option that fastnn has not.
_USUAL = {"output_mode": "int", "oov_method": "floormod"}
_OF_STRINGS = {**_USUAL, "encoding": "utf-8", "vocabulary_dtype": "string"}
_OF_NUMBERS = {**_USUAL, "oov_token": -1, "vocabulary_dtype": "int64"}


def _of_strings(options: Options) -> Lookup:
    return _with_vocabulary(
        layers.StringLookup(oov_token=options["oov_token"], **_taken(options, _OF_STRINGS)), options
    )


def _of_numbers(options: Options) -> Lookup:
    return _with_vocabulary(layers.IntegerLookup(**_taken(options, _OF_NUMBERS)), options)


# What makes them of their options, by Keras' names.
LOOKUPS: dict[str, Callable[[Options], Lookup]] = {"StringLookup": _of_strings, "IntegerLookup": _of_numbers}


def _taken(options: Options, usual: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that both libraries have, where what fastnn has not is as usual."""
    options.read.update(name for name, value in usual.items() if options.config.get(name) == value)
    return {name: options.get(name) for name in ("max_tokens", "mask_token")} | {
        "num_oov_indices": options["num_oov_indices"]
    }


def _with_vocabulary(layer: Lookup, options: Options) -> Lookup:
    vocabulary, size = options.get("vocabulary"), options.get("vocabulary_size")
    if vocabulary is None:
        raise ValueError("its vocabulary is not there: save the model in a .keras file, which holds it")
    layer.set_vocabulary(vocabulary)
    if size not in (None, layer.vocabulary_size()):
        raise ValueError(f"its vocabulary has {layer.vocabulary_size()} numbers, but the model was made for {size}")
    return layer


def described_lookup(layer: Lookup) -> tuple[str, dict[str, Any]]:
    """Keras' name of a lookup's class, and its options there.

    Examples
    --------
    >>> described_lookup(layers.IntegerLookup(vocabulary=[7, 9]))[1]["vocabulary_size"]
    3
    """
    of_strings = isinstance(layer, layers.StringLookup)
    fixed = {"invert": False, "sparse": False, "pad_to_max_tokens": False, "idf_weights": None}
    options = {name: value for name, value in layer.configuration().items() if name not in ("name", "input_shape")}
    usual = _OF_STRINGS if of_strings else _OF_NUMBERS
    return "StringLookup" if of_strings else "IntegerLookup", {
        **{name: value for name, value in usual.items() if not (of_strings and name == "vocabulary_dtype")},
        **fixed,
        **options,
        "vocabulary_size": layer.vocabulary_size(),
    }


def element_of_lookup(layer: Lookup) -> str:
    """Keras' type of the numbers or strings that a lookup takes."""
    return "string" if isinstance(layer, layers.StringLookup) else "int64"
