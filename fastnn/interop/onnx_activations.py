"""Activations in ONNX's operators; for float64 in those of them that ONNX Runtime can compute with."""

import math

import numpy as np

from fastnn.interop.onnx_graph import Value
from fastnn.interop.steps import Activate

__all__ = ["activated"]

# Klambauer et al. 2017, equation 14.
_SELU_ALPHA = 1.6732632423543772848
_SELU_SCALE = 1.0507009873554804934
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


def activated(x: Value, step: Activate) -> Value:
    """An activation's value.

    ONNX Runtime (tried with 1.32) has no float64 kernel of LeakyRelu, Elu, Selu, Softplus, Erf and Gelu. Formulas stand
    for these then, exact to the last digits also where plain ones cancel: ``exp(x) - 1``, ``log(1 + x)``.
    """
    match step.activation:
        case "relu":
            return x.apply("Relu")
        case "sigmoid":
            return x.apply("Sigmoid")
        case "tanh":
            return x.apply("Tanh")
        case "silu":
            return x * x.apply("Sigmoid")
        case "softmax":
            return x.apply("Softmax", axis=-1)
    return _float64(x, step) if x.graph.dtype == np.float64 else _float32(x, step)


def _float32(x: Value, step: Activate) -> Value:
    match step.activation:
        case "leaky_relu":
            return x.apply("LeakyRelu", alpha=step.slope)
        case "elu":
            return x.apply("Elu", alpha=step.slope)
        case "selu":
            return x.apply("Selu", alpha=_SELU_ALPHA, gamma=_SELU_SCALE)
        case "softplus":
            return x.apply("Softplus")
        case "gelu" if x.graph.opset >= 20:
            return x.apply("Gelu")
        case "gelu":
            return x * 0.5 * ((x * _ROOT_OF_HALF).apply("Erf") + 1)
    raise AssertionError(step.activation)


def _float64(x: Value, step: Activate) -> Value:
    match step.activation:
        case "leaky_relu":
            return x.apply("Relu") + x.apply("Min", 0) * x.graph.initializer("slope", step.slope)
        case "elu":
            return x.apply("Relu") + _expm1_negative(x) * x.graph.initializer("alpha", step.slope)
        case "selu":
            return (x.apply("Relu") + _expm1_negative(x) * _SELU_ALPHA) * _SELU_SCALE
        case "softplus":
            return x.apply("Relu") + _log1p((-x.apply("Abs")).apply("Exp"))
        case "gelu":
            return x * _normal_distribution(x)
    raise AssertionError(step.activation)


def _expm1_negative(x: Value) -> Value:
    """``exp(x) - 1`` where x is negative, else 0: with h = tanh(x / 2), it is 2 h / (1 - h)."""
    half = (x.apply("Min", 0) * 0.5).apply("Tanh")
    return half * 2 / (1 - half)


def _log1p(x: Value) -> Value:
    """``log(1 + x)`` for 0 <= x <= 1: what rounding took from x in the sum is given back, to first order."""
    total = x + 1
    return total.apply("Log") + (x - (total - 1)) / total


def _normal_distribution(x: Value) -> Value:
    """``erfc(-x / sqrt(2)) / 2``, which is ``1 - tail`` where x is positive, else ``tail``."""
    z = x.apply("Abs") * _ROOT_OF_HALF
    t = 2 / (z + 2)
    s = t * 2 - 1
    series = s * _ERFC_POWERS[-1] + _ERFC_POWERS[-2]
    for power in _ERFC_POWERS[-3::-1]:
        series = series * s + power
    tail = t * (-(z * z)).apply("Exp") * series * 0.5
    return x.apply("Greater", 0).apply("Where", 1 - tail, tail)
