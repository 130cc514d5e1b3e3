"""ReLU: ``max(x, 0)`` (Nair and Hinton 2010)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.activations.kinds.leaky_relu import LeakyReLU
from fastnn.activations.kinds.relu6 import ReLU6
from fastnn.layers.activation import Activation, NamedActivation
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.interop.keras_layers import Options

__all__ = ["KIND", "ReLU"]


class ReLU(NamedActivation):
    """``max(x, 0)``.

    >>> ReLU().applied.name
    'relu'
    """

    activation_name = "relu"


def _from_keras(options: Options) -> Activation:
    slope = options.number("negative_slope", 0.0)
    # 0, too, is a limit; a threshold is refused where it is not 0.
    limit = options.get("max_value")
    if limit == 6 and not slope:
        return ReLU6()
    if limit is not None:
        raise ValueError(f"it has max_value={limit!r}, but fastnn has none, and 6 where negative_slope is 0")
    return LeakyReLU(slope) if slope else ReLU()


KIND = ActivationKind(
    name="relu",
    aliases=(),
    engine=Engine.RELU,
    lower=None,
    parameters=(),
    layer=ReLU,
    negative=False,
    function=lambda x: np.maximum(x, 0),
    derivative=lambda x: np.where(x > 0, 1.0, 0.0),
    from_output=lambda y: np.where(y > 0, 1.0, 0.0),
    c="""
/* max(x, 0); NaN stays NaN. */
static void ${name}_relu($real *y, const $real *x, int size)
{
    for (int i = 0; i < size; i++) y[i] = x[i] <= 0 ? 0 : x[i];
}
""",
    onnx=lambda x: x.apply("Relu"),
    keras=_from_keras,
    torch="ReLU",
    torch_function="relu",
    sklearn="relu",
)
