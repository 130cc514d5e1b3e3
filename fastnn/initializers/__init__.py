"""Initializers: the numbers that a layer's weights start from. Names and formulas are Keras'.

An initializer is a function of a shape (fan_in, fan_out) and a generator. One of your own is any such function.

This is the list of all initializers, a file each. A new one needs its file here, and a line in each of the three parts
of this list.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastnn.initializers.base import Initializer
    from fastnn.initializers.constant import Constant
    from fastnn.initializers.glorot_normal import GlorotNormal
    from fastnn.initializers.glorot_uniform import GlorotUniform
    from fastnn.initializers.he_normal import HeNormal
    from fastnn.initializers.he_uniform import HeUniform
    from fastnn.initializers.identity import Identity
    from fastnn.initializers.lecun_normal import LecunNormal
    from fastnn.initializers.lecun_uniform import LecunUniform
    from fastnn.initializers.names import resolve
    from fastnn.initializers.ones import Ones
    from fastnn.initializers.orthogonal import Orthogonal
    from fastnn.initializers.random_normal import RandomNormal
    from fastnn.initializers.random_uniform import RandomUniform
    from fastnn.initializers.truncated_normal import TruncatedNormal
    from fastnn.initializers.variance_scaling import VarianceScaling
    from fastnn.initializers.zeros import Zeros

# Checkers of types and editors read this as it stands.
__all__ = [
    "Initializer",
    "Zeros",
    "Ones",
    "Constant",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "LecunNormal",
    "LecunUniform",
    "Orthogonal",
    "VarianceScaling",
    "Identity",
    "resolve",
]

# The class of each initializer by its name, which is also its file's.
CLASSES = {
    "zeros": "Zeros",
    "ones": "Ones",
    "constant": "Constant",
    "random_normal": "RandomNormal",
    "random_uniform": "RandomUniform",
    "truncated_normal": "TruncatedNormal",
    "glorot_normal": "GlorotNormal",
    "glorot_uniform": "GlorotUniform",
    "he_normal": "HeNormal",
    "he_uniform": "HeUniform",
    "lecun_normal": "LecunNormal",
    "lecun_uniform": "LecunUniform",
    "orthogonal": "Orthogonal",
    "variance_scaling": "VarianceScaling",
    "identity": "Identity",
}

# Each is loaded when it is first used.
_PLACES = {"Initializer": "base", "resolve": "names"} | {name: file for file, name in CLASSES.items()}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        import importlib

        return getattr(importlib.import_module(f"fastnn.initializers.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'fastnn.initializers' has no attribute {name!r}")
