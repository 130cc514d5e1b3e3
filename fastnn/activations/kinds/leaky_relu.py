"""Leaky ReLU: ``x`` where it is positive, else ``negative_slope * x`` (Maas, Hannun and Ng 2013)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.activations.base import ActivationKind, Parameter
from fastnn.layers.activation import Activation
from fastnn.layers.applied import AppliedActivation
from fastnn.layers.base import Layer
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.interop.keras_options import Options
    from fastnn.interop.onnx_graph import Value

__all__ = ["KIND", "LeakyReLU"]

# The default by name is Keras', that of the function the notebook's.
_SLOPE = Parameter(
    name="negative_slope", by_name=0.2, of_function=0.01, below=1.0, allowed="at least 0 and below 1", example=0.37
)


class LeakyReLU(Activation):
    """``x`` where it is positive, else ``negative_slope * x``.

    Parameters
    ----------
    negative_slope : float, default 0.3
        At least 0 and below 1. Keras' default.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> LeakyReLU(0.1).applied.numbers
    (0.1,)
    """

    def __init__(
        self,
        negative_slope: float = 0.3,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        applied = AppliedActivation("leaky_relu", (_SLOPE.checked(negative_slope),))
        super().__init__(applied, name=name, input_shape=input_shape)

    def configuration(self) -> dict[str, Any]:
        return {"negative_slope": self.applied.numbers[0], **Layer.configuration(self)}


def _from_keras(options: Options) -> Activation:
    # Keras 2 called it alpha.
    return LeakyReLU(options.number("alpha" if "alpha" in options.config else "negative_slope"))


def _onnx(x: Value, slope: float) -> Value:
    if x.is_float32:
        return x.apply("LeakyRelu", alpha=slope)
    return x.apply("Relu") + x.apply("Min", 0) * x.graph.initializer("slope", slope)


KIND = ActivationKind(
    name="leaky_relu",
    aliases=(),
    engine=Engine.LEAKY_RELU,
    lower=None,
    parameters=(_SLOPE,),
    layer=LeakyReLU,
    negative=True,
    function=lambda x, slope: np.where(x > 0, x, slope * x),
    derivative=lambda x, slope: np.where(x > 0, 1.0, slope),
    from_output=lambda y, slope: np.where(y > 0, 1.0, slope),
    c="""
static void ${name}_leaky_relu($real *y, const $real *x, int size, $real slope)
{
    for (int i = 0; i < size; i++) y[i] = x[i] <= 0 ? slope * x[i] : x[i];
}
""",
    onnx=_onnx,
    keras=_from_keras,
    torch="LeakyReLU",
    torch_function="leaky_relu",
    sklearn=None,
)
