"""What a user may mean by an activation: a name, a function, a layer, or a pair of a function and its derivative."""

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
    slope : float
        Leaky ReLU's negative slope, or ELU's alpha.
    functions : tuple of two callables or None
        The user's own function and derivative.
    """

    def __init__(
        self, name: str, slope: float = 0.0, functions: tuple[Callable[..., Any], Callable[..., Any]] | None = None
    ) -> None:
        self.name, self.slope, self.functions = name, slope, functions

    @property
    def entry(self) -> "ActivationKind | None":
        """What the registry has of it; None for functions of the user's own."""
        return None if self.functions is not None else _registry()[self.name]

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
            _registry()[self.name].lower(plan, self.slope)

    def configuration(self) -> str | dict[str, Any]:
        """As plain values, which `resolve` takes, where the functions are not the user's own."""
        return self.name if self.slope == _registry()[self.name].slope else {"name": self.name, "slope": self.slope}


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
        return AppliedActivation(activation.lower(), _registry()[activation].slope)
    if isinstance(activation, dict):
        if set(activation) != {"name", "slope"}:
            raise ValueError(f"an activation as a dict must have a name and a slope, but it is {activation!r}")
        slope = float(activation["slope"])
        if not 0 <= slope < float("inf"):
            raise ValueError(f"the slope of an activation must be finite and not negative, but it is {slope}")
        return AppliedActivation(resolve(activation["name"]).name, slope)
    if callable(activation):
        kind = _of_function(activation)
        if kind is None:
            raise TypeError(
                f"an activation of your own needs its derivative too: pass the pair ({activation!r}, its_derivative)"
            )
        return AppliedActivation(kind.name, kind.function_slope)
    if isinstance(activation, tuple | list) and len(activation) == 2 and all(callable(part) for part in activation):
        function, derivative = activation
        kind = _of_function(function)
        if kind is not None and kind.compiled == (function, derivative):
            return resolve(function)
        return AppliedActivation(getattr(function, "__name__", "function"), functions=(function, derivative))
    raise TypeError(
        f"an activation must be a name, a layer, or a pair of a function and its derivative, but it is {activation!r}"
    )
