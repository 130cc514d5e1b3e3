"""Tanh: ``(exp(x) - exp(-x)) / (exp(x) + exp(-x))``, the hyperbolic tangent."""

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.layers.activation import NamedActivation
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

__all__ = ["KIND", "Tanh"]


class Tanh(NamedActivation):
    """The hyperbolic tangent.

    >>> Tanh().applied.name
    'tanh'
    """

    activation_name = "tanh"


KIND = ActivationKind(
    name="tanh",
    aliases=(),
    engine=Engine.TANH,
    lower=None,
    parameters=(),
    layer=Tanh,
    negative=True,
    function=lambda x: np.tanh(x),
    derivative=lambda x: 1 - np.tanh(x) ** 2,
    from_output=lambda y: (1 - y) * (1 + y),
    c="""
static void ${name}_tanh($real *y, const $real *x, int size)
{
    for (int i = 0; i < size; i++) y[i] = tanh$f(x[i]);
}
""",
    onnx=lambda x: x.apply("Tanh"),
    keras=Without("Keras has it by its name alone"),
    torch="Tanh",
    torch_function="tanh",
    sklearn="tanh",
)
