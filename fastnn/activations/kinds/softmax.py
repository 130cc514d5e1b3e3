"""Softmax: ``exp(x) / sum(exp(x))`` over the numbers of a sample (Bridle 1990)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.layers.activation import Activation, NamedActivation
from fastnn.registry import Without

if TYPE_CHECKING:
    from fastnn.interop.keras_options import Options

__all__ = ["KIND", "Softmax"]


class Softmax(NamedActivation):
    """``exp(x) / sum(exp(x))`` over the numbers of a sample.

    >>> Softmax().applied.name
    'softmax'
    """

    activation_name = "softmax"


def _function(x: Any) -> Any:
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _from_keras(options: Options) -> Activation:
    options.last_axis()
    return Softmax()


def _torch_misfit(module: Any) -> str | None:
    return None if module.dim in (1, -1) else f"it has dim={module.dim}, but fastnn has the last one, 1 or -1"


KIND = ActivationKind(
    name="softmax",
    aliases=(),
    engine=Without("it is an operation of its own, as each number depends on all of its row"),
    lower=lambda plan: plan.add_softmax(),
    parameters=(),
    layer=Softmax,
    negative=False,
    function=_function,
    derivative=Without("each number depends on all of its row: the derivative is a matrix"),
    from_output=None,
    c="""
/* exp(x) / sum of exp(x); less the largest number, no exponential overflows. */
static void ${name}_softmax($real *y, const $real *x, int size)
{
    $real largest = x[0], sum = 0;
    for (int i = 1; i < size; i++)
        if (x[i] > largest) largest = x[i];
    for (int i = 0; i < size; i++) {
        y[i] = exp$f(x[i] - largest);
        sum += y[i];
    }
    for (int i = 0; i < size; i++) y[i] /= sum;
}
""",
    onnx=lambda x: x.apply("Softmax", axis=-1),
    keras=_from_keras,
    torch="Softmax",
    torch_function="softmax",
    torch_misfit=_torch_misfit,
    sklearn=None,
)
