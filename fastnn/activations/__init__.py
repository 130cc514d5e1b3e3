"""Activations and their derivatives: elementwise functions of an array of any shape, or of a number.

Each has a ``_prime`` twin, its derivative as a function of the same input. They are compiled. What else there is to say
of an activation is in its file in `fastnn.activations.kinds`.

>>> sigmoid(0.0), sigmoid_prime(0.0)
(np.float64(0.5), np.float64(0.25))
"""

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastnn_ext.bindings import activations as _compiled
from fastnn_ext.tables.enums import Activation

if TYPE_CHECKING:
    from fastnn_ext.bindings.activations import *  # noqa: F403

    # Further rows of the engine's table.
    def __getattr__(name: str) -> Callable[..., Any]: ...


def _numbers(kind: Activation, given: tuple[float, ...]) -> tuple[float, ...]:
    """Those of the call, or the activation's own where there are none."""
    # Not at import: the registry's files have layers, which are made of these functions.
    own: tuple[float, ...] = importlib.import_module("fastnn.activations.registry").of_engine(kind).function_numbers
    if given and len(given) != len(own):
        raise TypeError(f"{kind.name.lower()} takes x and {len(own)} numbers, but {len(given)} are given")
    return given or own


def _functions(kind: Activation) -> dict[str, Callable[..., Any]]:
    """A kind's function and derivative by name: those written for it, else by the engine's number."""
    name = kind.name.lower()

    def function(x: Any, *numbers: float) -> Any:
        return _compiled.activate(kind, x, *_numbers(kind, numbers))

    def prime(x: Any, *numbers: float) -> Any:
        return _compiled.derivative(kind, x, *_numbers(kind, numbers))

    function.__doc__ = (
        f"The activation {name}, elementwise: `fastnn.activations.kinds.{name}` has the formula, and what numbers."
    )
    prime.__doc__ = f"Derivative of :func:`{name}`; at a kink the left-hand one."
    found = {}
    for own, derived in ((name, function), (f"{name}_prime", prime)):
        # Pickles have the name alone.
        derived.__name__ = derived.__qualname__ = own
        found[own] = getattr(_compiled, own, derived)
    return found


if not TYPE_CHECKING:
    _all = {name: function for kind in Activation for name, function in _functions(kind).items()}
    __all__ = list(_all)
    globals().update(_all)
