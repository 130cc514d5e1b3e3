"""Registries: the list of all activations, losses, metrics or optimisers, each of which is a file of its own.

All other tables (names that users may write, classes that files may name, importers, exporters, choices of the command,
tests, documentation) derive from a registry, and an entry that lacks a piece fails when it is loaded.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from fastnn.checking.names import unknown_name

__all__ = ["Registry", "Without", "given"]

T = TypeVar("T")


class Without:
    """In place of a piece that an entry does not have: the reason, which is told to whoever needs the piece."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"Without({self.reason!r})"


def given(piece: T | Without, what: str) -> T:
    """The piece of an entry, or TypeError with the reason where it has none.

    >>> given(Without("it has no units"), "the ONNX operators of the activation linear")
    Traceback (most recent call last):
    TypeError: the ONNX operators of the activation linear are missing: it has no units
    """
    if isinstance(piece, Without):
        raise TypeError(f"{what} are missing: {piece.reason}")
    return piece


class Registry(Generic[T]):
    """All entries of a kind in the order of the documentation, each loaded from its file when first used.

    Parameters
    ----------
    what : str
        What messages call one of them.
    package : str
        Where the files are.
    entries : mapping of str to str
        From each file's name, which is also the name of the entry, to what it is called in the file. Entries have
        ``aliases``, further names that users may write.
    otherwise : str
        What a user may pass in place of a name, for messages.
    pieces : sequence of str, optional
        Attributes that each entry, a class, defines in its own body.

    Examples
    --------
    >>> from fastnn.activations.registry import ACTIVATIONS
    >>> ACTIVATIONS["swish"].name
    'silu'
    >>> ACTIVATIONS["rleu"]
    Traceback (most recent call last):
    ValueError: activation 'rleu' is unknown; did you mean 'relu'? Expected one of linear, relu, ...
    """

    def __init__(
        self, what: str, package: str, entries: Mapping[str, str], otherwise: str, pieces: Sequence[str] = ()
    ) -> None:
        self._what, self._package, self._places, self._otherwise = what, package, entries, otherwise
        self._pieces = pieces
        self._all: dict[str, T] = {}
        self._by_name: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        found = self.get(name)
        if found is None:
            raise unknown_name(self._what, name, self.by_name(), self._otherwise)
        return found

    def get(self, name: str) -> T | None:
        """The entry of a name, an alias or a class in small or capital letters; None where there is none."""
        wanted = name.lower()
        found = self.by_name().get(wanted)
        if found is None:
            # Keras takes the names of classes, too, such as "GlorotUniform".
            classes = (entry for entry in self if isinstance(entry, type))
            found = next((cast(T, kind) for kind in classes if kind.__name__.lower() == wanted), None)
        return found

    def __iter__(self) -> Iterator[T]:
        self.by_name()
        return iter(self._all.values())

    def names(self) -> list[str]:
        """Of all entries, without aliases; none is loaded for that."""
        return list(self._places)

    def by_name(self) -> dict[str, T]:
        """All entries by their names and aliases, each name followed by its aliases."""
        if not self._by_name:
            entries, by_name = {}, {}
            for name, place in self._places.items():
                entry: Any = getattr(importlib.import_module(f"{self._package}.{name}"), place)
                self._check(name, entry)
                entries[name] = cast(T, entry)
                for known in (name, *entry.aliases):
                    if known in by_name:
                        raise TypeError(f"{self._what} {name!r} takes the name {known!r} of another")
                    by_name[known] = cast(T, entry)
            # Whole at once, for threads that ask meanwhile.
            self._all, self._by_name = entries, by_name
        return self._by_name

    def _check(self, name: str, entry: Any) -> None:
        """Raise TypeError for an entry that lacks a piece, or that has another name than its file."""
        for piece in self._pieces:
            # What it inherits is another's.
            if piece not in vars(entry):
                raise TypeError(f"the {self._what} {name} has no {piece}: {entry.__name__} must define it")
        if getattr(entry, "name", name) != name:
            raise TypeError(f"the {self._what} of the file {name} is called {entry.name!r}")
