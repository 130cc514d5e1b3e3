"""PyTorch's functions and methods of tensors that layers compute, and how their arguments are called."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastnn import layers
from fastnn.layers.base import Layer

__all__ = ["ARITHMETIC", "MERGES", "MODULES", "NEGATIONS", "changes_first", "known_functions", "name_of", "options_of"]

# Functions and methods of tensors, and the modules that compute the same.
MODULES = {
    name: kind
    for kind, names in {
        "ReLU": "relu", "ReLU6": "relu6", "LeakyReLU": "leaky_relu", "ELU": "elu", "SELU": "selu", "GELU": "gelu",
        "SiLU": "silu", "Mish": "mish", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softplus": "softplus",
        "Softsign": "softsign", "Hardsigmoid": "hardsigmoid", "Hardswish": "hardswish", "Softmax": "softmax",
        "LogSoftmax": "log_softmax", "Dropout": "dropout",
    }.items()
    for name in names.split()
}  # fmt: skip
MERGES: Mapping[str, type[Layer]] = {
    "add": layers.Add,
    "sub": layers.Subtract,
    "subtract": layers.Subtract,
    "mul": layers.Multiply,
    "multiply": layers.Multiply,
    "maximum": layers.Maximum,
    "minimum": layers.Minimum,
}
# What a value and a number give, or a number and a value.
ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    name: function
    for function, names in {
        operator.add: "add", operator.sub: "sub subtract", operator.mul: "mul multiply",
        operator.truediv: "div divide true_divide truediv",
    }.items()
    for name in names.split()
}  # fmt: skip
NEGATIONS = ("neg", "negative")
_JOINS = ("cat", "concat", "concatenate")
_KNOWN = {*MODULES, *MERGES, *ARITHMETIC, *NEGATIONS, *_JOINS, "flatten"}
# What a function's arguments behind the value are called, where it takes them by place.
_ARGUMENTS: Mapping[str, Sequence[str]] = {
    "LeakyReLU": ["negative_slope"],
    "ELU": ["alpha"],
    "Softplus": ["beta", "threshold"],
    "Softmax": ["dim", "dtype"],
    "LogSoftmax": ["dim", "dtype"],
    "Dropout": ["p", "training"],
}


def name_of(target: Any) -> str:
    """What a function, a method or a module is called."""
    return target if isinstance(target, str) else str(getattr(target, "__name__", target))


def known_functions(torch: Any) -> dict[Callable[..., Any], str]:
    """PyTorch's own functions, and Python's operators, by what they are: a user's may be called ``relu``, too."""
    found: dict[Callable[..., Any], str] = {}
    for name in _KNOWN:
        for place in (torch, torch.nn.functional, operator):
            for spelled in (name, f"{name}_", f"i{name}"):
                function = getattr(place, spelled, None)
                # Python's operator.concat joins lists.
                if function is not None and (place is not operator or name not in _JOINS):
                    found[function] = name
    return found


def changes_first(target: Any, options: Mapping[str, Any]) -> bool:
    """Whether a function or a method changes its first argument: ``add_``, ``+=`` or ``inplace=True``."""
    name = name_of(target)
    spelled = (name.endswith("_") and not name.endswith("__")) or target in (
        operator.iadd,
        operator.isub,
        operator.imul,
        operator.itruediv,
    )
    return spelled or bool(options.get("inplace"))


def options_of(kind: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the module that a function computes as; ValueError for those that a prediction cannot have."""
    names = _ARGUMENTS.get(kind, ())
    if len(args) > len(names):
        raise ValueError(f"it takes {len(args)} arguments behind its value, but those of fastnn are {list(names)}")
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    if given.get("dtype") is not None:
        raise ValueError(f"it has dtype={given['dtype']}, but a model's numbers are all of one type")
    if kind == "Dropout" and given.get("training", given.get("train", True)) is not False:
        raise ValueError("it drops numbers in predictions, too: give it training=self.training, or use nn.Dropout")
    if kind in ("Softmax", "LogSoftmax"):
        given.setdefault("dim", None)
    return {
        key: one for key, one in given.items() if key not in ("training", "train", "inplace", "_stacklevel", "dtype")
    }
