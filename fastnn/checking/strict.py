"""The base class of the package's objects: an argument or attribute that would have no effect is refused."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, ClassVar, ParamSpec, TypeVar, cast

from fastnn.checking.names import nearest_name

__all__ = ["Strict", "known_names_only"]

P = ParamSpec("P")
T = TypeVar("T")

# inspect.CO_VARARGS and CO_VARKEYWORDS: the module costs more than all of this.
_TAKES_ANY_NUMBER, _TAKES_ANY_NAME = 0x04, 0x08


class Strict:
    """An object that refuses unknown arguments and attributes, naming the nearest, and keeps what it was made with.

    An attribute that comes from the constructor, or whose assignment would have no effect, cannot be assigned later;
    nor can an unknown one. A user's own subclass may set any attribute beside those that our classes know.
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
                cls._settings = cls._settings | set(_Arguments(init).names)
            cls.__init__ = _in_making(init)  # type: ignore[method-assign]

    def __setattr__(self, name: str, value: object) -> None:
        if not (self._in_making or name.startswith("_") or self._is_own_state(name)):
            refusal = self._refusal(name)
            # What is assigned to itself was changed in place, such as by model.parameters *= 0.5.
            if refusal is not None and self.__dict__.get(name, self) is not value:
                raise AttributeError(refusal)
        super().__setattr__(name, value)

    def _is_own_state(self, name: str) -> bool:
        """Whether an attribute is one that users may assign, as far as can be told without a look at all classes."""
        kind = type(self)
        return kind._has_state and name in self.__dict__ and name not in kind._instead and name not in kind._settings

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


class _Arguments:
    """The arguments of a method, without self."""

    def __init__(self, function: FunctionType) -> None:
        code = function.__code__
        # Without those that have no name for a caller.
        self.names = code.co_varnames[max(1, code.co_posonlyargcount) : code.co_argcount + code.co_kwonlyargcount]
        self.by_position = code.co_varnames[1 : code.co_argcount]
        self._known = None if code.co_flags & _TAKES_ANY_NAME else frozenset(self.names)
        self._most = sys.maxsize if code.co_flags & _TAKES_ANY_NUMBER else len(self.by_position)

    def check(self, what: str, positional: int, given: Mapping[str, Any], instead: Mapping[str, str]) -> None:
        """Raise TypeError for an unknown name, or for more positional arguments than the function takes."""
        if self._known is not None and not given.keys() <= self._known:
            raise self._unknown(what, next(name for name in given if name not in self.names), instead)
        if positional > self._most:
            places = ", ".join(self.by_position) or "nothing"
            others = ", ".join(name for name in self.names if name not in self.by_position)
            raise TypeError(
                f"{what} takes {places} by position, but {positional} came so"
                f"{f': pass what else there is by name, {others}' if others else ''}"
            )

    def _unknown(self, what: str, name: str, instead: Mapping[str, str]) -> TypeError:
        if name in instead:
            return TypeError(f"{what} has no argument {name!r}: {instead[name]}")
        nearest = nearest_name(name, self.names)
        hint = f"; did you mean {nearest!r}?" if nearest else "."
        return TypeError(f"{what} has no argument {name!r}{hint} It takes {', '.join(self.names) or 'none'}.")


def known_names_only(function: Callable[P, T]) -> Callable[P, T]:
    """Make a method name the nearest argument when it is called with an unknown one, in every version of Python.

    >>> class Model:
    ...     @known_names_only
    ...     def fit(self, x, *, epochs=1):
    ...         return epochs
    >>> Model().fit(None, epoch=3)
    Traceback (most recent call last):
    TypeError: Model.fit has no argument 'epoch'; did you mean 'epochs'? It takes x, epochs.
    >>> Model().fit(None, 3)
    Traceback (most recent call last):
    TypeError: Model.fit takes x by position, but 2 came so: pass what else there is by name, epochs
    """
    method = cast(FunctionType, function)
    arguments = _Arguments(method)

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        # The class that the user sees, which may have inherited the method.
        what = f"{type(args[0]).__name__}.{method.__name__}" if args else method.__qualname__
        arguments.check(what, len(args) - 1, kwargs, {})
        return function(*args, **kwargs)

    return checked


def _in_making(init: FunctionType) -> Any:
    """Wrap a constructor: attributes may be assigned while it runs, and an unknown argument gets the nearest named."""
    arguments = _Arguments(init)

    @functools.wraps(init)
    def __init__(self: Strict, *args: Any, **kwargs: Any) -> None:
        arguments.check(type(self).__name__, len(args), kwargs, type(self)._instead)
        if self._in_making:
            init(self, *args, **kwargs)
            return
        self._in_making = True
        try:
            init(self, *args, **kwargs)
        finally:
            del self._in_making

    return __init__


def _nothing_to_make(self: Strict) -> None:
    """The constructor of classes that have none: it takes no arguments."""


Strict.__init__ = _in_making(cast(FunctionType, _nothing_to_make))  # type: ignore[method-assign]
