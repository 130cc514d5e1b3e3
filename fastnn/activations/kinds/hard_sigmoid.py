"""Hard sigmoid: ``min(max(x + 3, 0), 6) / 6``, as in Keras 3 and PyTorch (Courbariaux, Bengio and David 2015)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.layers.activation import NamedActivation
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.interop.onnx_graph import Value

__all__ = ["KIND", "HardSigmoid"]


class HardSigmoid(NamedActivation):
    """``min(max(x + 3, 0), 6) / 6``, as in Keras 3 and PyTorch.

    >>> HardSigmoid().applied.name
    'hard_sigmoid'
    """

    activation_name = "hard_sigmoid"


def _onnx(x: Value) -> Value:
    return (x + 3).apply("Relu").apply("Min", 6) / 6


KIND = ActivationKind(
    name="hard_sigmoid",
    aliases=(),
    engine=Engine.HARD_SIGMOID,
    lower=None,
    parameters=(),
    layer=HardSigmoid,
    negative=False,
    function=lambda x: np.clip(x + 3, 0, 6) / 6,
    derivative=lambda x: np.where((x > -3) & (x <= 3), 1 / 6, 0.0),
    from_output=None,
    c="""
/* min(max(x + 3, 0), 6) / 6; NaN stays NaN. */
static void ${name}_hard_sigmoid($real *y, const $real *x, int size)
{
    for (int i = 0; i < size; i++) y[i] = x[i] <= -3 ? 0 : x[i] >= 3 ? 1 : (x[i] + 3) / 6;
}
""",
    onnx=_onnx,
    keras=Without("Keras has it by its name alone"),
    torch="Hardsigmoid",
    torch_function=Without("PyTorch rounds its derivative of 1/6 to float32"),
    sklearn=None,
)
