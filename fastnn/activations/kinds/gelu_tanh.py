"""GELU by tanh: ``x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2``, near GELU (Hendrycks and Gimpel 2016)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fastnn.activations.base import ActivationKind
from fastnn.activations.kinds.sigmoid import sigmoid
from fastnn.layers.activation import NamedActivation
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.interop.onnx_graph import Value

__all__ = ["KIND", "GELUTanh"]

_FACTOR = math.sqrt(8 / math.pi)
_CUBIC = 0.044715


class GELUTanh(NamedActivation):
    """The approximation of `GELU` by tanh: ``gelu(x, approximate=True)`` in Keras, ``GELU("tanh")`` in PyTorch.

    >>> GELUTanh().applied.name
    'gelu_tanh'
    """

    activation_name = "gelu_tanh"


def _exponent(x: Any) -> Any:
    """Twice that of tanh: (1 + tanh(t / 2)) / 2 is the sigmoid of t, exactly, and loses no digits below zero."""
    return _FACTOR * (x + _CUBIC * x**3)


def _derivative(x: Any) -> Any:
    gate, other = sigmoid(_exponent(x)), sigmoid(-_exponent(x))
    return gate + x * gate * other * _FACTOR * (1 + 3 * _CUBIC * x**2)


def _onnx(x: Value) -> Value:
    if x.is_float32 and x.graph.opset >= 20:
        return x.apply("Gelu", approximate="tanh")
    return x * (x * (x * x * _CUBIC + 1) * _FACTOR).apply("Sigmoid")


KIND = ActivationKind(
    name="gelu_tanh",
    aliases=(),
    engine=Engine.GELU_TANH,
    lower=None,
    parameters=(),
    layer=GELUTanh,
    negative=True,
    function=lambda x: x * sigmoid(_exponent(x)),
    derivative=_derivative,
    from_output=None,
    c="""
/* x (1 + tanh(t / 2)) / 2 is x times the sigmoid of t, by the exponential of a number that is not positive. */
static void ${name}_gelu_tanh($real *y, const $real *x, int size)
{
    for (int i = 0; i < size; i++) {
        const $real t = 1.59576912160573071176$f * x[i] * (1 + 0.044715$f * (x[i] * x[i])), e = exp$f(-fabs$f(t));
        y[i] = x[i] * ((t >= 0 ? 1 : e) / (1 + e));
    }
}
""",
    onnx=_onnx,
    keras=Without("Keras has it by an option of a function, which its files do not keep"),
    torch="GELU",
    torch_function="gelu",
    torch_options={"approximate": "tanh"},
    onnx_opset=20,
    sklearn=None,
)
