"""ReLU with options: ``min(x, max_value)`` above ``threshold``, ``negative_slope * (x - threshold)`` elsewhere."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.activations.base import ActivationKind, Parameter
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.interop.onnx_graph import Value

__all__ = ["KIND", "MAX_VALUE", "NEGATIVE_SLOPE", "THRESHOLD"]

_ALLOWED = "finite and not negative"
MAX_VALUE = Parameter(
    name="max_value",
    by_name=math.inf,
    of_function=math.inf,
    below=math.inf,
    allowed=f"None, or {_ALLOWED}",
    example=3.0,
)
NEGATIVE_SLOPE = Parameter(
    name="negative_slope", by_name=0.0, of_function=0.0, below=math.inf, allowed=_ALLOWED, example=0.37
)
THRESHOLD = Parameter(name="threshold", by_name=0.0, of_function=0.0, below=math.inf, allowed=_ALLOWED, example=1.0)


def _function(x: Any, max_value: float, negative_slope: float, threshold: float) -> Any:
    return np.where(x > threshold, np.minimum(x, max_value), negative_slope * (x - threshold))


def _derivative(x: Any, max_value: float, negative_slope: float, threshold: float) -> Any:
    return np.where(x > threshold, np.where(x > max_value, 0.0, 1.0), negative_slope)


def _onnx(x: Value, max_value: float, negative_slope: float, threshold: float) -> Value:
    above = x if max_value == math.inf else x.apply("Min", max_value)
    return x.apply("Greater", threshold).apply("Where", above, (x - threshold) * negative_slope)


KIND = ActivationKind(
    name="general_relu",
    aliases=(),
    engine=Engine.GENERAL_RELU,
    lower=None,
    parameters=(MAX_VALUE, NEGATIVE_SLOPE, THRESHOLD),
    layer=Without("ReLU is it where an option is given"),
    negative=True,
    function=_function,
    derivative=_derivative,
    from_output=None,
    c="""
/* min(x, max_value) above the threshold, negative_slope (x - threshold) below; NaN stays NaN. */
static void ${name}_general_relu($real *y, const $real *x, int size, $real max_value, $real negative_slope,
                                 $real threshold)
{
    for (int i = 0; i < size; i++)
        y[i] = x[i] <= threshold
            ? (negative_slope > 0 ? negative_slope * (x[i] - threshold) : 0)
            : x[i] >= max_value ? max_value : x[i];
}
""",
    onnx=_onnx,
    keras=Without("Keras' ReLU is read by relu"),
    torch=Without("PyTorch has no such class"),
    torch_function=Without("PyTorch has no such function"),
    sklearn=None,
)
