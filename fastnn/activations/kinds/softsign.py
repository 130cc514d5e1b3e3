"""Softsign: ``x / (1 + abs(x))`` (Bergstra, Desjardins, Lamblin and Bengio 2009)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.layers.activation import NamedActivation
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.interop.onnx_graph import Value

__all__ = ["KIND", "Softsign"]


class Softsign(NamedActivation):
    """``x / (1 + abs(x))``, from -1 to 1 which it nears more slowly than tanh.

    >>> Softsign().applied.name
    'softsign'
    """

    activation_name = "softsign"


def _onnx(x: Value) -> Value:
    if x.is_float32:
        return x.apply("Softsign")
    return x / (x.apply("Abs") + 1)


KIND = ActivationKind(
    name="softsign",
    aliases=(),
    engine=Engine.SOFTSIGN,
    lower=None,
    parameters=(),
    layer=Softsign,
    negative=True,
    function=lambda x: x / (1 + np.abs(x)),
    derivative=lambda x: 1 / (1 + np.abs(x)) ** 2,
    from_output=None,
    c="""
static void ${name}_softsign($real *y, const $real *x, int size)
{
    for (int i = 0; i < size; i++) y[i] = x[i] / (1 + fabs$f(x[i]));
}
""",
    onnx=_onnx,
    keras=Without("Keras has it by its name alone"),
    torch="Softsign",
    torch_function="softsign",
    sklearn=None,
)
