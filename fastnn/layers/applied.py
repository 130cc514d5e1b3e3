"""What a user may mean by an activation: a name, a function, a layer, or a pair of a function and its derivative."""

from collections.abc import Callable
from typing import Any

from fastnn import activations
from fastnn.naming import unknown_name
from fastnn_ext.activations import Activation as Kind
from fastnn_ext.plan import Plan

__all__ = ["AppliedActivation", "resolve"]

# Keras' names. A slope is leaky ReLU's negative slope, or ELU's alpha.
_BY_NAME: dict[str, tuple[Kind | None, float]] = {
    "linear": (None, 0.0),
    "relu": (Kind.RELU, 0.0),
    "leaky_relu": (Kind.LEAKY_RELU, 0.2),
    "sigmoid": (Kind.SIGMOID, 0.0),
    "tanh": (Kind.TANH, 0.0),
    "elu": (Kind.ELU, 1.0),
    "selu": (Kind.SELU, 0.0),
    "gelu": (Kind.GELU, 0.0),
    "silu": (Kind.SILU, 0.0),
    "swish": (Kind.SILU, 0.0),
    "softplus": (Kind.SOFTPLUS, 0.0),
    "softmax": (None, 0.0),
}
# The notebook's functions, with their own default slopes.
_BY_FUNCTION = {getattr(activations, kind.name.lower()): kind for kind in Kind}
_FUNCTION_SLOPES = {Kind.LEAKY_RELU: 0.01, Kind.ELU: 1.0}


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
    def kind(self) -> Kind | None:
        """The engine's number of it; None for linear, softmax and functions of the user's own."""
        return None if self.functions is not None else _BY_NAME[self.name][0]

    @property
    def output_name(self) -> str:
        """The name, or "your own" for functions of the user's, whatever they are called."""
        return self.name if self.functions is None else "your own"

    def lower(self, plan: Plan) -> None:
        """Append the activation to an engine plan."""
        if self.functions is not None:
            plan.add_function(*self.functions)
        elif self.name == "softmax":
            plan.add_softmax()
        elif self.kind is not None:
            plan.add_activation(self.kind, self.slope)

    def configuration(self) -> str | dict[str, Any]:
        """As plain values, which `resolve` takes, where the functions are not the user's own."""
        return self.name if self.slope == _BY_NAME[self.name][1] else {"name": self.name, "slope": self.slope}


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
        known = _BY_NAME.get(activation.lower())
        if known is None:
            raise unknown_name("activation", activation, _BY_NAME, "a pair of a function and its derivative")
        return AppliedActivation(activation.lower(), known[1])
    if isinstance(activation, dict):
        if set(activation) != {"name", "slope"}:
            raise ValueError(f"an activation as a dict must have a name and a slope, but it is {activation!r}")
        slope = float(activation["slope"])
        if not 0 <= slope < float("inf"):
            raise ValueError(f"the slope of an activation must be finite and not negative, but it is {slope}")
        return AppliedActivation(resolve(activation["name"]).name, slope)
    if callable(activation):
        kind = _BY_FUNCTION.get(activation)
        if kind is None:
            raise TypeError(
                f"an activation of your own needs its derivative too: pass the pair ({activation!r}, its_derivative)"
            )
        return AppliedActivation(kind.name.lower(), _FUNCTION_SLOPES.get(kind, 0.0))
    if isinstance(activation, tuple | list) and len(activation) == 2 and all(callable(part) for part in activation):
        function, derivative = activation
        kind = _BY_FUNCTION.get(function)
        if kind is not None and derivative is getattr(activations, f"{kind.name.lower()}_prime"):
            return resolve(function)
        return AppliedActivation(getattr(function, "__name__", "function"), functions=(function, derivative))
    raise TypeError(
        f"an activation must be a name, a layer, or a pair of a function and its derivative, but it is {activation!r}"
    )
