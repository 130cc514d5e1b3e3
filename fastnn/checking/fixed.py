"""Lists and dicts that belong to a model. To change them would not change the model, and is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, TypeVar

__all__ = ["FixedDict", "FixedList"]

K = TypeVar("K")
V = TypeVar("V")


class FixedList(list[V]):
    """A list that only its owner changes, through the methods of `list`; others are told what to do instead.

    >>> FixedList([1], "model.layers", "use model.add and model.pop").append(2)
    Traceback (most recent call last):
    TypeError: model.layers cannot be changed by itself: use model.add and model.pop
    """

    def __init__(self, items: Iterable[V], name: str, instead: str) -> None:
        super().__init__(items)
        self.name, self.instead = name, instead

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (list(self), self.name, self.instead)

    def _refuse(self, *arguments: Any, **options: Any) -> NoReturn:
        raise TypeError(f"{self.name} cannot be changed by itself: {self.instead}")

    append = extend = insert = pop = remove = clear = sort = reverse = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse


class FixedDict(dict[K, V]):
    """The same for a dict. A value may be assigned to itself, as ``arrays["bias"] += 1`` does.

    >>> arrays = FixedDict({"bias": [0]}, "layer.arrays", "write into an array, layer.arrays['bias'][:] = ...")
    >>> arrays["bias"] += [1]
    >>> arrays["bias"] = [2]
    Traceback (most recent call last):
    TypeError: layer.arrays cannot be changed by itself: write into an array, layer.arrays['bias'][:] = ...
    """

    def __init__(self, items: Mapping[K, V], name: str, instead: str) -> None:
        super().__init__(items)
        self.name, self.instead = name, instead

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self), self.name, self.instead)

    def __setitem__(self, key: K, value: V) -> None:
        if key not in self or self[key] is not value:
            self._refuse()

    def _refuse(self, *arguments: Any, **options: Any) -> NoReturn:
        raise TypeError(f"{self.name} cannot be changed by itself: {self.instead}")

    update = pop = popitem = clear = setdefault = _refuse
    __delitem__ = __ior__ = _refuse
