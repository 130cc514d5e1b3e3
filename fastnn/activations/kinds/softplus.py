"""Softplus: ``log(1 + exp(x))`` (Dugas et al. 2001)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.activations.kinds.sigmoid import sigmoid
from fastnn.layers.activation import NamedActivation
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.interop.onnx_graph import Value

__all__ = ["KIND", "Softplus"]


class Softplus(NamedActivation):
    """``log(1 + exp(x))``.

    >>> Softplus().applied.name
    'softplus'
    """

    activation_name = "softplus"


def _onnx(x: Value) -> Value:
    if x.is_float32:
        return x.apply("Softplus")
    return x.apply("Relu") + (-x.apply("Abs")).apply("Exp").log1p_of_share()


def _torch_misfit(module: Any) -> str | None:
    if module.beta != 1:
        return f"it has beta={module.beta}, but fastnn has beta=1 alone"
    # From there on it is x itself; the difference is then below float32's precision.
    if module.threshold < 20:
        return f"it has threshold={module.threshold}, but fastnn has none: it must be 20 or more"
    return None


KIND = ActivationKind(
    name="softplus",
    aliases=(),
    engine=Engine.SOFTPLUS,
    lower=None,
    parameters=(),
    layer=Softplus,
    negative=False,
    function=lambda x: np.logaddexp(0, x),
    derivative=lambda x: sigmoid(x),
    from_output=None,
    c="""
/* log(1 + exp(x)) by the exponential of a number that is not positive, which cannot overflow. */
static void ${name}_softplus($real *y, const $real *x, int size)
{
    for (int i = 0; i < size; i++) y[i] = (x[i] <= 0 ? 0 : x[i]) + log1p$f(exp$f(-fabs$f(x[i])));
}
""",
    onnx=_onnx,
    keras=Without("Keras has it by its name alone"),
    torch="Softplus",
    torch_function="softplus",
    torch_misfit=_torch_misfit,
    sklearn=None,
)
