"""ELU: ``x`` where it is positive, else ``alpha * (exp(x) - 1)`` (Clevert, Unterthiner and Hochreiter 2016)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.activations.base import ActivationKind, Parameter
from fastnn.layers.activation import Activation
from fastnn.layers.applied import AppliedActivation
from fastnn.layers.base import Layer
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.interop.onnx_graph import Value

__all__ = ["ELU", "KIND"]

_ALPHA = Parameter(
    name="alpha", by_name=1.0, of_function=1.0, below=math.inf, allowed="finite and not negative", example=0.37
)


class ELU(Activation):
    """``x`` where it is positive, else ``alpha * (exp(x) - 1)`` (Clevert et al. 2016).

    Parameters
    ----------
    alpha : float, default 1
        Finite and not negative.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> ELU(0.5).applied.numbers
    (0.5,)
    """

    def __init__(
        self, alpha: float = 1.0, *, name: str | None = None, input_shape: Sequence[int] | None = None
    ) -> None:
        super().__init__(AppliedActivation("elu", (_ALPHA.checked(alpha),)), name=name, input_shape=input_shape)

    def configuration(self) -> dict[str, Any]:
        return {"alpha": self.applied.numbers[0], **Layer.configuration(self)}


def _onnx(x: Value, slope: float) -> Value:
    if x.is_float32:
        return x.apply("Elu", alpha=slope)
    return x.apply("Relu") + x.expm1_of_negative() * x.graph.initializer("alpha", slope)


KIND = ActivationKind(
    name="elu",
    aliases=(),
    engine=Engine.ELU,
    lower=None,
    parameters=(_ALPHA,),
    layer=ELU,
    negative=True,
    function=lambda x, slope: np.where(x > 0, x, slope * np.expm1(np.minimum(x, 0))),
    derivative=lambda x, slope: np.where(x > 0, 1.0, slope * np.exp(np.minimum(x, 0))),
    from_output=None,
    c="""
/* alpha (exp(x) - 1) below zero */
static void ${name}_elu($real *y, const $real *x, int size, $real alpha)
{
    for (int i = 0; i < size; i++) y[i] = x[i] <= 0 ? alpha * expm1$f(x[i]) : x[i];
}
""",
    onnx=_onnx,
    keras=lambda options: ELU(options.number("alpha")),
    torch="ELU",
    torch_function="elu",
    sklearn=None,
)
