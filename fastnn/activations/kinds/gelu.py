"""GELU: ``x * erfc(-x / sqrt(2)) / 2``, x times its normal distribution function (Hendrycks and Gimpel 2016)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.layers.activation import NamedActivation
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.interop.onnx_graph import Value

__all__ = ["GELU", "KIND"]

_ROOT_OF_HALF = math.sqrt(0.5)

# erfc(z) / (t exp(-z^2)) by ascending powers of 2 t - 1, where t = 2 / (2 + z): the powers of a Chebyshev series over
# 0 <= z < infinity, fitted in 60 digits. What is left out is below 3e-16.
_ERFC_POWERS = (
    0.5107913526210117,
    0.3435803422069067,
    0.13973604627794914,
    0.01822111575329492,
    -0.010755330940908886,
    -0.0032395925295271534,
    0.0015453059557186107,
    0.0004186479710660508,
    -0.00033153601371393716,
    -1.71852541704069e-05,
    7.223098558594817e-05,
    -1.7076638145079572e-05,
    -1.0831436166846611e-05,
    8.06710621122023e-06,
    -6.050557593208622e-07,
    -1.835078540898153e-06,
    1.0739744686311663e-06,
    1.5720540066794157e-08,
    -3.7163646958410467e-07,
    1.497143526022312e-07,
    6.610183151765426e-08,
    -5.145629434357736e-08,
    -4.946607757245824e-09,
    6.597367302900275e-09,
)


class GELU(NamedActivation):
    """``x`` times the normal distribution function of x, exactly (Hendrycks and Gimpel 2016).

    >>> GELU().applied.name
    'gelu'
    """

    activation_name = "gelu"


def _distribution(x: Any) -> Any:
    return np.vectorize(lambda number: 0.5 * math.erfc(-number * _ROOT_OF_HALF), otypes=[float])(x)


def _derivative(x: Any) -> Any:
    return _distribution(x) + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


def _onnx(x: Value) -> Value:
    if not x.is_float32:
        return x * _onnx_distribution(x)
    if x.graph.opset >= 20:
        return x.apply("Gelu")
    return x * 0.5 * ((x * _ROOT_OF_HALF).apply("Erf") + 1)


def _onnx_distribution(x: Value) -> Value:
    """``erfc(-x / sqrt(2)) / 2``, which is ``1 - tail`` where x is positive, else ``tail``."""
    z = x.apply("Abs") * _ROOT_OF_HALF
    t = 2 / (z + 2)
    s = t * 2 - 1
    series = s * _ERFC_POWERS[-1] + _ERFC_POWERS[-2]
    for power in _ERFC_POWERS[-3::-1]:
        series = series * s + power
    tail = t * (-(z * z)).apply("Exp") * series * 0.5
    return x.apply("Greater", 0).apply("Where", 1 - tail, tail)


KIND = ActivationKind(
    name="gelu",
    aliases=(),
    engine=Engine.GELU,
    lower=None,
    parameters=(),
    layer=GELU,
    negative=True,
    function=lambda x: x * _distribution(x),
    derivative=_derivative,
    from_output=None,
    c="""
/* x times the normal distribution function of x */
static void ${name}_gelu($real *y, const $real *x, int size)
{
    const $real root_of_half = 0.70710678118654752440$f;
    for (int i = 0; i < size; i++) y[i] = x[i] * 0.5$f * erfc$f(-root_of_half * x[i]);
}
""",
    onnx=_onnx,
    onnx_opset=20,
    keras=Without("Keras has it by its name alone"),
    torch="GELU",
    torch_function="gelu",
    torch_options={"approximate": "none"},
    sklearn=None,
)
