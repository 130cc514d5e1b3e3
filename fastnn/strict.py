"""What the package's own objects share: no argument and no attribute is taken that has no effect."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, ClassVar, ParamSpec, TypeVar, cast

from fastnn.naming import nearest_name

__all__ = ["Strict", "known_names_only"]

P = ParamSpec("P")
T = TypeVar("T")

_TAKES_ANY_NAME = 0x08  # inspect.CO_VARKEYWORDS: the module costs more than all of this


class Strict:
    """An object whose constructor names the nearest argument for an unknown one, and that is what it was made as.

    An attribute that comes from the constructor, or that would be without effect, cannot be assigned afterwards; nor
    can one that the object does not know. Classes of the user's own that derive from ours may set what they like beside
    what ours know.
    """

    # What to do instead of assigning an attribute, or passing an argument, by its name.
    _instead: ClassVar[Mapping[str, str]] = {}
    # What may be assigned although the constructor takes it, or although nothing tells of it before.
    _changeable: ClassVar[frozenset[str]] = frozenset()
    # Whether users may give objects of our own classes attributes that look like none of ours.
    _open: ClassVar[bool] = False
    # Whether there are attributes beside those of the constructor that users may assign.
    _has_state: ClassVar[bool] = False
    _settings: ClassVar[frozenset[str]] = frozenset()
    # Whether the constructor runs. Not in ``__dict__`` by hand, as that makes all attributes slower to read.
    _in_making = False

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        init = cls.__dict__.get("__init__")
        if isinstance(init, FunctionType):
            if _is_ours(cls):
                cls._settings = cls._settings | set(_names_of(init))
            cls.__init__ = _in_making(init)  # type: ignore[method-assign]

    def __setattr__(self, name: str, value: object) -> None:
        if not (self._in_making or name.startswith("_")):
            refusal = self._refusal(name)
            # What is assigned to itself was changed in place, such as by model.parameters *= 0.5.
            if refusal is not None and self.__dict__.get(name, self) is not value:
                raise AttributeError(refusal)
        super().__setattr__(name, value)

    def _refusal(self, name: str) -> str | None:
        """Why an attribute may not be assigned; None where it may."""
        kind = type(self)
        owner = next((base for base in kind.__mro__ if name in base.__dict__), None)
        if owner is not None and not _is_ours(owner):
            return None
        if name in kind._instead:
            return f"{name} of a {kind.__name__} cannot be assigned: {kind._instead[name]}"
        if name in kind._changeable:
            return None
        if name in kind._settings:
            return f"{name} cannot be changed: make another {kind.__name__}"
        if not _is_ours(kind):
            return None
        if owner is not None and hasattr(owner.__dict__[name], "__get__"):
            return None  # a method in place of ours, or a property, which has its own opinion
        if owner is not None or name in self.__dict__:
            return None if kind._has_state else f"{name} cannot be changed: make another {kind.__name__}"
        known = {*kind._settings, *kind._changeable, *self.__dict__, *kind._instead}
        nearest = nearest_name(name, sorted(own for own in known if not own.startswith("_")), surely=kind._open)
        if nearest is None and kind._open:
            return None
        hint = f"; did you mean {nearest!r}?" if nearest else ""
        return f"a {kind.__name__} has no attribute {name!r} that could be assigned{hint}"

    def _keep(self, **values: object) -> None:
        """Set attributes that a user may not assign."""
        for name, value in values.items():
            object.__setattr__(self, name, value)


def _is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "fastnn"


def _names_of(function: FunctionType) -> tuple[str, ...]:
    """The names of a function's arguments, without the first, which is self."""
    code = function.__code__
    return code.co_varnames[max(1, code.co_posonlyargcount) : code.co_argcount + code.co_kwonlyargcount]


def known_names_only(function: Callable[P, T]) -> Callable[P, T]:
    """A method that names the nearest argument where it is called with an unknown one, in every version of Python."""
    method = cast(FunctionType, function)
    known = _names_of(method)
    allowed = frozenset(known)

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        if not kwargs.keys() <= allowed:
            raise _unknown_argument(method.__qualname__, kwargs, known, {})
        return function(*args, **kwargs)

    return checked


def _in_making(init: FunctionType) -> Any:
    """A constructor during which attributes may be assigned, and that names the nearest of its arguments."""
    known = _names_of(init)
    allowed = None if init.__code__.co_flags & _TAKES_ANY_NAME else frozenset(known)

    @functools.wraps(init)
    def __init__(self: Strict, *args: Any, **kwargs: Any) -> None:
        if allowed is not None and not kwargs.keys() <= allowed:
            raise _unknown_argument(type(self).__name__, kwargs, known, type(self)._instead)
        if self._in_making:
            init(self, *args, **kwargs)
            return
        self._in_making = True
        try:
            init(self, *args, **kwargs)
        finally:
            del self._in_making

    return __init__


def _unknown_argument(
    what: str, given: Mapping[str, Any], known: tuple[str, ...], instead: Mapping[str, str]
) -> TypeError:
    """The error for a keyword argument that nobody knows.

    >>> raise _unknown_argument("SGD", {"lr": 0.5}, ("learning_rate", "momentum"), {})
    Traceback (most recent call last):
    TypeError: SGD has no argument 'lr'; did you mean 'learning_rate'? It takes learning_rate, momentum.
    """
    name = next(name for name in given if name not in known)
    if name in instead:
        return TypeError(f"{what} has no argument {name!r}: {instead[name]}")
    nearest = nearest_name(name, known)
    hint = f"; did you mean {nearest!r}?" if nearest else "."
    return TypeError(f"{what} has no argument {name!r}{hint} It takes {', '.join(known) or 'none'}.")


def _nothing_to_make(self: Strict) -> None:
    """The constructor of classes that have none: it takes no arguments."""


Strict.__init__ = _in_making(cast(FunctionType, _nothing_to_make))  # type: ignore[method-assign]
