"""Mish: ``x * tanh(log(1 + exp(x)))`` (Misra 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.activations.kinds.sigmoid import sigmoid
from fastnn.layers.activation import NamedActivation
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.interop.onnx_graph import Value

__all__ = ["KIND", "Mish"]


class Mish(NamedActivation):
    """``x * tanh(softplus(x))``.

    >>> Mish().applied.name
    'mish'
    """

    activation_name = "mish"


def _gate(x: Any) -> Any:
    return np.tanh(np.logaddexp(0, x))


def _derivative(x: Any) -> Any:
    return _gate(x) + x * sigmoid(x) / np.cosh(np.minimum(np.logaddexp(0, x), 300)) ** 2


def _onnx(x: Value) -> Value:
    if not x.is_float32:
        softplus = x.apply("Relu") + (-x.apply("Abs")).apply("Exp").log1p_of_share()
        return x * softplus.apply("Tanh")
    if x.graph.opset >= 18:
        return x.apply("Mish")
    return x * x.apply("Softplus").apply("Tanh")


KIND = ActivationKind(
    name="mish",
    aliases=(),
    engine=Engine.MISH,
    lower=None,
    parameters=(),
    layer=Mish,
    negative=True,
    function=lambda x: x * _gate(x),
    derivative=_derivative,
    from_output=None,
    c="""
/* x tanh(log(1 + exp(x))) by the exponential of a number that is not positive, which cannot overflow. */
static void ${name}_mish($real *y, const $real *x, int size)
{
    for (int i = 0; i < size; i++)
        y[i] = x[i] * tanh$f((x[i] <= 0 ? 0 : x[i]) + log1p$f(exp$f(-fabs$f(x[i]))));
}
""",
    onnx=_onnx,
    keras=Without("Keras has it by its name alone"),
    torch="Mish",
    torch_function="mish",
    sklearn=None,
)
