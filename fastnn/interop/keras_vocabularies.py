"""Vocabularies of Keras' lookups that are not in a model's configuration: in a file's assets, or layers that live."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastnn.interop.keras_config import Entry, entries
from fastnn.interop.keras_lookups import LOOKUPS

__all__ = ["from_assets", "from_layers"]


def from_assets(model: Mapping[str, Any], read: Callable[[str], bytes | None]) -> None:
    """Put vocabularies that Keras found by ``adapt`` into a configuration.

    Parameters
    ----------
    model : mapping
        As in config.json of a ``.keras`` file.
    read : callable of a member's name
        Its bytes, or None where the file has no such member.

    Raises
    ------
    ValueError
        When one is no text, or no whole number where these are.
    """
    for entry in _without(model):
        content = read(f"assets/{entry.place}vocabulary.txt")
        if content is not None:
            # One term a line, of any system's lines.
            terms: list[Any] = io.TextIOWrapper(io.BytesIO(content), "utf-8").read().split("\n")
            _put(entry, terms if entry.kind == "StringLookup" else [int(term) for term in terms])


def from_layers(model: Mapping[str, Any], layers: Any) -> None:
    """The same of layers that live, and of those of models among them."""
    wanted = {str(entry.options["name"]): entry for entry in _without(model)}
    waiting = list(layers) if wanted else []
    while waiting:
        layer = waiting.pop()
        waiting += getattr(layer, "layers", None) or ()
        if type(layer).__name__ in LOOKUPS and layer.name in wanted:
            terms = layer.get_vocabulary()
            _put(wanted[layer.name], [str(one) if isinstance(one, str) else int(one) for one in terms])


def _without(model: Mapping[str, Any]) -> Iterator[Entry]:
    for entry in entries(model):
        if entry.kind in LOOKUPS and entry.options.get("vocabulary") is None:
            yield entry


def _put(entry: Entry, terms: list[Any]) -> None:
    options: Any = entry.options
    options["vocabulary"] = terms
