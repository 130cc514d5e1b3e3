"""The one mechanism behind Keras' other spellings: it does what `fastnn.keras.spellings` and its neighbour say.

A class of fastnn becomes a `Translated`, which is called with Keras' arguments and makes an object of fastnn's own; a
module gets a ``__getattr__`` that knows old names and says why others are not there.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar, cast

from fastnn.checking.names import nearest_name
from fastnn.checking.old_spellings import OldSpelling, tell
from fastnn.keras.lacking import lacking
from fastnn.keras.spellings import ALONE, ANY, ASSIGNED, CONVERTED, MODULES, MOVED, POSITIONS, RENAMED, TAKEN

__all__ = ["OldSpelling", "Translated", "attributes", "keras_names", "moved", "old_module", "tell", "translated"]

P = ParamSpec("P")
T = TypeVar("T")

_PACKAGE = __name__.rpartition(".")[0]


def translated(places: tuple[str, ...], what: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of Keras as those of fastnn.

    Parameters
    ----------
    places : tuple of str
        Where to look in the table: the class or method, then what it is one of.
    what : str
        What messages call it.
    given : mapping of str to object

    Raises
    ------
    TypeError
        For an argument that comes twice, or one whose value cannot be honoured; the message says what to write.

    Examples
    --------
    >>> translated(("Dense", "layers"), "Dense", {"units": 3, "input_dim": 4, "lora_rank": None})
    {'units': 3, 'input_shape': (4,)}
    """
    arguments: dict[str, Any] = {}

    def take(name: str, value: Any, came_as: str) -> None:
        if name in arguments:
            raise TypeError(f"{what} has {name} twice, once as {came_as}: pass one of them")
        arguments[name] = value

    for came_as, value in given.items():
        name = came_as
        for place in places:
            renamed = RENAMED.get(place, {}).get(came_as)
            if renamed is not None:
                tell(f"{what}({came_as}=...)", f"{renamed}=...")
                name = renamed
                break
        rows = () if any(name in TAKEN.get(place, ()) for place in places) else places
        alone = next((ALONE[place][name] for place in rows if name in ALONE.get(place, {})), None)
        if alone is not None:
            if ANY not in alone.values and not any(
                value is one or (type(value) is type(one) and value == one) for one in alone.values
            ):
                raise TypeError(f"{what} cannot have {came_as}={value!r}: {alone.instead}")
            continue
        for place in places:
            if name in CONVERTED.get(place, {}):
                name, convert = CONVERTED[place][name]
                value = convert(value)
                break
        take(name, value, came_as)
    return arguments


class Translated:
    """A class of fastnn, or a function that makes an object, under Keras' name and with Keras' arguments.

    Calling it gives an object of fastnn's own class. ``isinstance`` and subclassing are those of that class.

    Parameters
    ----------
    target : class or function
        What is called with fastnn's arguments.
    place : str
        The module, for the table of spellings.
    name : str, optional
        By default the target's.
    prepare : function, optional
        Takes the arguments as they are after the table, and returns those that fastnn takes.
    made : function, optional
        What is done with each object that was made.

    Examples
    --------
    >>> from fastnn import layers
    >>> keras_dense = Translated(layers.Dense, "layers")
    >>> layer = keras_dense(3, input_dim=4)
    >>> type(layer) is layers.Dense, layer.declared_shape, isinstance(layer, keras_dense)
    (True, (4,), True)
    """

    def __init__(
        self,
        target: Any,
        place: str,
        name: str | None = None,
        prepare: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
        made: Callable[[Any], None] | None = None,
    ) -> None:
        self.target, self.prepare, self.made = target, prepare, made
        self.__name__ = self.__qualname__ = name or target.__name__
        self.__doc__ = target.__doc__
        self.__module__ = f"{_PACKAGE}.{place}"
        self.places = (self.__name__, place)

    @functools.cached_property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self.target)

    @functools.cached_property
    def by_position(self) -> list[str]:
        """The arguments that may come by position, in Keras' order."""
        order = POSITIONS.get(self.__name__)
        if order is not None:
            return order.split()
        parameters = self.__signature__.parameters.values()
        return [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        names = self.by_position if args else []
        if len(args) > len(names):
            raise TypeError(
                f"{self.__name__} takes {', '.join(names) or 'nothing'} by position, but {len(args)} came so: pass "
                "what else there is by name"
            )
        positional = dict(zip(names, args, strict=False))
        for name in positional.keys() & kwargs.keys():
            raise TypeError(f"{self.__name__} has {name} twice, once by position")
        given = positional | kwargs
        assigned = {name: given.pop(name) for name in ASSIGNED.get(self.places[1], ()) if name in given}
        arguments = translated(self.places, self.__name__, given)
        if self.prepare is not None:
            arguments = self.prepare(arguments)
        made = self.target(**arguments)
        for name, value in assigned.items():
            setattr(made, name, value)
        if self.made is not None:
            self.made(made)
        return made

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (self.target,)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self.target)

    def __subclasscheck__(self, kind: type) -> bool:
        return issubclass(kind, self.target)

    def __getattr__(self, name: str) -> Any:
        # Before the constructor has run, such as in a copy, there is no target.
        if name.startswith("__") or "target" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.target, name)

    def __repr__(self) -> str:
        return f"<{self.__module__}.{self.__name__}>"


def keras_names(function: Callable[P, T]) -> Callable[P, T]:
    """Let a method of a model take Keras' other spellings of its arguments, by name."""
    place = function.__qualname__

    @functools.wraps(function)
    def method(*args: P.args, **kwargs: P.kwargs) -> T:
        return function(*args, **cast(Any, translated((place,), place, kwargs)))

    return method


def moved(place: str, name: str) -> str | None:
    """The new name of an old one, which is told of; None where there is none.

    >>> moved("optimizers", "Adam") is None
    True
    """
    new = MOVED.get(place, {}).get(name)
    if new is not None:
        tell(f"{place}.{name}" if place[0].islower() else f"{place[0].lower()}{place[1:]}.{name}", new)
    return new


def attributes(module: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module of this package: old names, and why there is not what Keras has."""
    place = module.rpartition(".")[2]

    def __getattr__(name: str) -> Any:
        found = sys.modules[module]
        below = module.removeprefix(f"{_PACKAGE}.")
        if f"{below}.{name}" in MODULES:
            return old_module(f"{below}.{name}")
        new = moved(place, name)
        if new is not None:
            return getattr(found, new)
        reason = lacking(place, name)
        if reason is not None and name[0].isupper() and below in _STANDING_IN:
            return NotHere(module, name, reason)
        if reason is not None:
            # Not an AttributeError: from ... import ... would lose its words.
            raise ImportError(f"{module} has no {name}, which Keras has: {reason}", name=module)
        nearest = None if name.startswith("__") else nearest_name(name, getattr(found, "__all__", ()))
        hint = f"; did you mean {nearest!r}?" if nearest else ""
        raise AttributeError(f"module {module!r} has no attribute {name!r}{hint}")

    return __getattr__


# The modules that scripts import from what they do not use.
_STANDING_IN = ("layers", "optimizers", "losses", "metrics", "regularizers", "utils", "constraints", "initializers")


class NotHere:
    """A class of Keras that fastnn has not: it may be imported, and whatever else is done with it is refused.

    >>> NotHere("fastnn.keras.layers", "Conv2D", "fastnn has dense networks alone")(32)
    Traceback (most recent call last):
    ImportError: fastnn.keras.layers has no Conv2D, which Keras has: fastnn has dense networks alone
    """

    def __init__(self, module: str, name: str, reason: str) -> None:
        self.__dict__.update(_module=module, _called=name, _reason=reason, __name__=name)

    def _refuse(self) -> ImportError:
        told = f"{self._module} has no {self._called}, which Keras has: {self._reason}"
        return ImportError(told, name=self._module)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise self._refuse()

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        raise self._refuse()

    def __instancecheck__(self, instance: object) -> bool:
        # No object is of it.
        return False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise self._refuse()

    def __repr__(self) -> str:
        return f"<{self._module}.{self._called}, which fastnn has not>"


class _OldModule(types.ModuleType):
    """A module where Keras had one, whose names are in another today."""

    def __init__(self, name: str, new: str) -> None:
        super().__init__(f"{_PACKAGE}.{name}", f"An old place of what is in `{_PACKAGE}.{new}` today.")
        self.__dict__.update(_old=name, _new=new)

    def __getattr__(self, name: str) -> Any:
        new = importlib.import_module(f"{_PACKAGE}.{self.__dict__['_new']}")
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        value = getattr(new, name)
        tell(f"keras.{self.__dict__['_old']}", f"keras.{self.__dict__['_new']}")
        return value


def old_module(name: str) -> types.ModuleType:
    """The old module of this name, which Python imports from now on.

    >>> old_module("layers.core").__name__
    'fastnn.keras.layers.core'
    """
    full = f"{_PACKAGE}.{name}"
    if full not in sys.modules:
        sys.modules[full] = _OldModule(name, MODULES[name])
    return sys.modules[full]
