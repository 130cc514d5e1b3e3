"""Hard SiLU: ``x * min(max(x + 3, 0), 6) / 6``, also called hard swish (Howard et al. 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.layers.activation import NamedActivation
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.interop.onnx_graph import Value

__all__ = ["KIND", "HardSiLU"]


class HardSiLU(NamedActivation):
    """``x * hard_sigmoid(x)``, also called hard swish.

    >>> HardSiLU().applied.name
    'hard_silu'
    """

    activation_name = "hard_silu"


def _onnx(x: Value) -> Value:
    return x * ((x + 3).apply("Relu").apply("Min", 6) / 6)


KIND = ActivationKind(
    name="hard_silu",
    aliases=("hard_swish",),
    engine=Engine.HARD_SILU,
    lower=None,
    parameters=(),
    layer=HardSiLU,
    negative=True,
    function=lambda x: x * (np.clip(x + 3, 0, 6) / 6),
    derivative=lambda x: np.where(x > 3, 1.0, np.where(x > -3, x / 3 + 0.5, 0.0)),
    from_output=None,
    c="""
/* x min(max(x + 3, 0), 6) / 6; NaN stays NaN. */
static void ${name}_hard_silu($real *y, const $real *x, int size)
{
    for (int i = 0; i < size; i++) y[i] = x[i] <= -3 ? 0 : x[i] >= 3 ? x[i] : x[i] * ((x[i] + 3) / 6);
}
""",
    onnx=_onnx,
    keras=Without("Keras has it by its name alone"),
    torch="Hardswish",
    torch_function="hardswish",
    sklearn=None,
)
