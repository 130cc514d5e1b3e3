"""Activations and their derivatives: elementwise functions of an array of any shape, or of a number.

Each has a ``_prime`` twin, its derivative as a function of the same input. They are compiled. What else there is to say
of an activation is in its file in `fastnn.activations.kinds`.
"""

from typing import TYPE_CHECKING

from fastnn_ext import activations as _compiled

if TYPE_CHECKING:
    from fastnn_ext.activations import *  # noqa: F403
else:
    # An activation of the engine that lacks its function or derivative fails here.
    __all__ = [name for kind in _compiled.Activation for name in (kind.name.lower(), f"{kind.name.lower()}_prime")]
    globals().update({name: getattr(_compiled, name) for name in __all__})
