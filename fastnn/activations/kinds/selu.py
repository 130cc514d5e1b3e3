"""SELU: ``scale * x`` where it is positive, else ``scale * alpha * (exp(x) - 1)`` (Klambauer et al. 2017).

With its two numbers, the mean and variance of what a layer gets come nearer to 0 and 1 from layer to layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.layers.activation import NamedActivation
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.interop.onnx_graph import Value

__all__ = ["ALPHA", "KIND", "SCALE", "SELU"]

# Equation 14 of the paper.
ALPHA = 1.6732632423543772848
SCALE = 1.0507009873554804934


class SELU(NamedActivation):
    """The self-normalising unit of Klambauer et al. 2017: take ``kernel_initializer="lecun_normal"`` with it.

    >>> SELU().applied.name
    'selu'
    """

    activation_name = "selu"


def _onnx(x: Value) -> Value:
    if x.is_float32:
        return x.apply("Selu", alpha=ALPHA, gamma=SCALE)
    return (x.apply("Relu") + x.expm1_of_negative() * ALPHA) * SCALE


KIND = ActivationKind(
    name="selu",
    aliases=(),
    engine=Engine.SELU,
    lower=None,
    parameters=(),
    layer=SELU,
    negative=True,
    function=lambda x: SCALE * np.where(x > 0, x, ALPHA * np.expm1(np.minimum(x, 0))),
    derivative=lambda x: SCALE * np.where(x > 0, 1.0, ALPHA * np.exp(np.minimum(x, 0))),
    from_output=None,
    c="""
/* scale times ELU, with the numbers of Klambauer et al. 2017 */
static void ${name}_selu($real *y, const $real *x, int size)
{
    const $real alpha = 1.6732632423543772848$f, scale = 1.0507009873554804934$f;
    for (int i = 0; i < size; i++) y[i] = scale * (x[i] <= 0 ? alpha * expm1$f(x[i]) : x[i]);
}
""",
    onnx=_onnx,
    keras=Without("Keras has it by its name alone"),
    torch="SELU",
    torch_function="selu",
    sklearn=None,
)
