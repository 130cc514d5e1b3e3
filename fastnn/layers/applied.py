"""What a user may mean by an activation: a name, a function, a layer, or a pair of a function and its derivative."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastnn.registry import Without
from fastnn_ext.engine.plan import Plan
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.activations.base import ActivationKind
    from fastnn.registry import Registry

__all__ = ["AppliedActivation", "resolve"]


def _registry() -> "Registry[ActivationKind]":
    # Not at import: the files of activations have their layers, which are made of this module.
    from fastnn.activations.registry import ACTIVATIONS

    return ACTIVATIONS


def _of_function(function: Any) -> "ActivationKind | None":
    """The activation whose compiled function this is."""
    return next((kind for kind in _registry() if kind.compiled is not None and kind.compiled[0] is function), None)


class AppliedActivation:
    """An activation as a layer applies it.

    Attributes
    ----------
    name : str
        One of Keras' names, or that of a function of the user's own.
    numbers : tuple of float
        What it has beside x, such as leaky ReLU's negative slope; as many as its kind has parameters.
    functions : tuple of two callables or None
        The user's own function and derivative.
    """

    def __init__(
        self,
        name: str,
        numbers: tuple[float, ...] = (),
        functions: tuple[Callable[..., Any], Callable[..., Any]] | None = None,
    ) -> None:
        self.name, self.numbers, self.functions = name, numbers, functions

    @property
    def entry(self) -> "ActivationKind | None":
        """What the registry has of it; None for functions of the user's own."""
        return None if self.functions is not None else _registry()[self.name]

    @property
    def __name__(self) -> str:
        """Keras' way to ask for the name of ``layer.activation``, which is a function there."""
        return self.name

    @property
    def kind(self) -> Engine | None:
        """The engine's number of it; None for linear, softmax and functions of the user's own."""
        entry = self.entry
        return None if entry is None or isinstance(entry.engine, Without) else entry.engine

    @property
    def output_name(self) -> str:
        """The name, or "your own" for functions of the user's, whatever they are called."""
        return self.name if self.functions is None else "your own"

    def lower(self, plan: Plan) -> None:
        """Append the activation to an engine plan."""
        if self.functions is not None:
            plan.add_function(*self.functions)
        else:
            _registry()[self.name].lower(plan, *self.numbers)

    def configuration(self) -> str | dict[str, Any]:
        """As plain values, which `resolve` takes, where the functions are not the user's own."""
        entry = self.entry
        if entry is None or self.numbers == entry.numbers:
            return self.name
        given = zip(entry.parameters, self.numbers, strict=True)
        return {"name": self.name, **{parameter.name: parameter.written(number) for parameter, number in given}}


def _of_mapping(activation: dict[str, Any]) -> AppliedActivation:
    """What `AppliedActivation.configuration` wrote."""
    given = dict(activation)
    name = given.pop("name", None)
    if not isinstance(name, str):
        raise ValueError(f"an activation as a dict must have a name, but it is {activation!r}")
    kind = _registry()[name]
    names = [parameter.name for parameter in kind.parameters]
    if len(names) == 1 and "slope" in given:
        # Earlier versions called the number of one alone so.
        names = ["slope"]
    if set(given) != set(names):
        known = "its " + ", ".join(names) if names else "nothing else"
        raise ValueError(f"the activation {name} as a dict must have a name and {known}, but it is {activation!r}")
    numbers = []
    for parameter, key in zip(kind.parameters, names, strict=True):
        number = given[key]
        if number is None and parameter.is_limit:
            numbers.append(math.inf)
        elif isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < math.inf:
            raise ValueError(
                f"the {key} of an activation must be a number, finite and not negative, but it is {number!r}"
            )
        else:
            numbers.append(float(number))
    return AppliedActivation(kind.name, tuple(numbers))


def resolve(activation: Any) -> AppliedActivation:
    """The activation that a user means; None is linear.

    Raises
    ------
    TypeError
        If it is nothing of the kind, or a function of the user's own without its derivative.
    ValueError
        If the name is unknown; the message lists all and the nearest.

    Examples
    --------
    >>> resolve("relu").kind
    <Activation.RELU: 0>
    >>> resolve("rleu")
    Traceback (most recent call last):
    ValueError: activation 'rleu' is unknown; did you mean 'relu'? Expected one of linear, relu, ...
    """
    if activation is None:
        return AppliedActivation("linear")
    if isinstance(activation, AppliedActivation):
        return activation
    applied = getattr(activation, "applied", None)
    if isinstance(applied, AppliedActivation):
        return applied
    if isinstance(activation, str):
        return AppliedActivation(activation.lower(), _registry()[activation].numbers)
    if isinstance(activation, dict):
        return _of_mapping(activation)
    if callable(activation):
        kind = _of_function(activation)
        if kind is None:
            raise TypeError(
                f"an activation of your own needs its derivative too: pass the pair ({activation!r}, its_derivative)"
            )
        return AppliedActivation(kind.name, kind.function_numbers)
    if isinstance(activation, tuple | list) and len(activation) == 2 and all(callable(part) for part in activation):
        function, derivative = activation
        kind = _of_function(function)
        if kind is not None and kind.compiled == (function, derivative):
            return resolve(function)
        return AppliedActivation(getattr(function, "__name__", "function"), functions=(function, derivative))
    raise TypeError(
        f"an activation must be a name, a layer, or a pair of a function and its derivative, but it is {activation!r}"
    )
