"""What was to become part of a model is as it was where the model cannot be made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from fastnn.checking.strict import Strict

__all__ = ["unchanged_if_it_fails"]


@contextlib.contextmanager
def unchanged_if_it_fails(*things: Any) -> Iterator[None]:
    """Give layers, models and all within them back what they had, where what is done meanwhile raises.

    What is no layer or model is passed over.

    Examples
    --------
    >>> from fastnn.layers import Dense
    >>> layer = Dense(3)
    >>> with contextlib.suppress(ValueError), unchanged_if_it_fails(layer):
    ...     layer.name = "first"
    ...     raise ValueError
    >>> layer.name is None
    True
    """
    before = [_State(thing) for thing in _all_of(things)]
    try:
        yield
    except BaseException:
        for state in before:
            state.restore()
        raise


class _State:
    """What a layer or a model has: its attributes, its layers, and where its generator is."""

    def __init__(self, thing: Any) -> None:
        self.thing, self.attributes = thing, dict(vars(thing))
        # Of a model whose layers are not known yet, the list refuses to tell.
        self.layers = list.copy(thing.layers) if "layers" in self.attributes else None
        self.generator = thing.rng.bit_generator.state if "_rng" in self.attributes else None

    def restore(self) -> None:
        now = vars(self.thing)
        for name in now.keys() - self.attributes.keys():
            del now[name]
        now.update(self.attributes)
        if self.layers is not None:
            # As the model itself does: nobody else may change the list.
            list.__setitem__(self.thing.layers, slice(None), self.layers)
        if self.generator is not None:
            self.thing.rng.bit_generator.state = self.generator


def _all_of(things: Iterable[Any]) -> list[Any]:
    """The layers and models among things, and those within, each once."""
    found: dict[int, Any] = {}
    waiting = list(things)
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, Strict) and id(thing) not in found:
            found[id(thing)] = thing
            inside = vars(thing)
            waiting += [inside.get("model"), *list.copy(inside.get("layers", []))]
    return list(found.values())
