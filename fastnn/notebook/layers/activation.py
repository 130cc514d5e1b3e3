"""The activation layer: one function applied to every number, which is what lets a network bend."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import ArrayLike

from fastnn import activations
from fastnn.arrays.convert import to_dense_array
from fastnn.notebook.layers.base import FloatArray, Layer, after_forward
from fastnn_ext.bindings.activations import activation_gradient
from fastnn_ext.engine.plan import Plan
from fastnn_ext.tables.enums import Activation

if TYPE_CHECKING:
    from fastnn.activations.base import ActivationKind

Function = Callable[[Any], Any]

# Built-in activations: the derivative, and the engine's number.
_BUILT_IN: dict[Function, tuple[Function, Activation]] = {
    getattr(activations, kind.name.lower()): (getattr(activations, f"{kind.name.lower()}_prime"), kind)
    for kind in Activation
}


@functools.cache
def _entry(number: Activation) -> "ActivationKind":
    # Not at import, which every user of the package waits for.
    from fastnn.activations.registry import of_engine

    return of_engine(number)


class ActivationLayer(Layer):
    """Applies ``activation`` to every number of its input.

    Parameters
    ----------
    activation : callable
        One of `fastnn.activations`, such as `relu` or `tanh`, or any function of an array that works elementwise.
    activation_prime : callable, optional
        Its derivative, as a function of the same input. The built-in ones know theirs.

    Raises
    ------
    TypeError
        When either is not callable, or the derivative of a function of your own is missing.

    Examples
    --------
    >>> import numpy as np
    >>> layer = ActivationLayer(activations.relu, activations.relu_prime)
    >>> layer.forward(np.array([[-1.0, 2.0]]))
    array([[0., 2.]])
    >>> layer.backward(np.array([[5.0, 5.0]]), learning_rate=0.1)
    array([[0., 5.]])
    """

    def __init__(self, activation: Function, activation_prime: Function | None = None) -> None:
        for name, value in (("activation", activation), ("activation_prime", activation_prime)):
            if not callable(value) and not (value is None and name == "activation_prime"):
                raise TypeError(f"{name} must be a function of an array, but it is {value!r}")
        known = _BUILT_IN.get(activation)
        if activation_prime is None:
            if known is None:
                raise TypeError("activation_prime is missing: a function of your own needs its derivative too")
            activation_prime = known[0]
        self.activation = activation
        self.activation_prime = activation_prime
        self.kind = known[1] if known is not None and activation_prime is known[0] else None
        self.input = self.output = None

    def _told(self) -> str:
        return str(getattr(self.activation, "__name__", self.activation))

    def forward(self, input: ArrayLike) -> FloatArray:
        self.input = to_dense_array(input, "input")
        self.output = numpy.asarray(self.activation(self.input))
        return self.output

    def backward(self, output_error: ArrayLike, learning_rate: float) -> FloatArray:
        error = to_dense_array(output_error, "output_error")
        # Where the output tells the derivative, nothing is computed twice.
        if self.kind is not None and _entry(self.kind).from_output is not None:
            numbers = _entry(self.kind).function_numbers
            return activation_gradient(error, after_forward(self.output, self), self.kind, *numbers)
        return numpy.asarray(error * self.activation_prime(after_forward(self.input, self)))

    def lower(self, plan: Plan) -> bool:
        if self.kind is None:
            return False
        plan.add_activation(self.kind, *_entry(self.kind).function_numbers)
        return True

    def configuration(self) -> dict[str, object]:
        return super().configuration() if self.kind is None else {"activation": self.kind.name.lower()}
