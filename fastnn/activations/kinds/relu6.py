"""ReLU6: ``min(max(x, 0), 6)`` (Krizhevsky 2010)."""

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.layers.activation import NamedActivation
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

__all__ = ["KIND", "ReLU6"]


class ReLU6(NamedActivation):
    """``min(max(x, 0), 6)``.

    >>> ReLU6().applied.name
    'relu6'
    """

    activation_name = "relu6"


KIND = ActivationKind(
    name="relu6",
    aliases=(),
    engine=Engine.RELU6,
    lower=None,
    parameters=(),
    layer=ReLU6,
    negative=False,
    function=lambda x: np.clip(x, 0, 6),
    derivative=lambda x: np.where((x > 0) & (x <= 6), 1.0, 0.0),
    from_output=None,
    c="""
/* min(max(x, 0), 6); NaN stays NaN. */
static void ${name}_relu6($real *y, const $real *x, int size)
{
    for (int i = 0; i < size; i++) y[i] = x[i] <= 0 ? 0 : x[i] >= 6 ? 6 : x[i];
}
""",
    onnx=lambda x: x.apply("Relu").apply("Min", 6),
    keras=Without("Keras has it by its name alone"),
    torch="ReLU6",
    torch_function="relu6",
    sklearn=None,
)
