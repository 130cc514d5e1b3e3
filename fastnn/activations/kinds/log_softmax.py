"""Log-softmax: ``x - log(sum(exp(x)))`` over the numbers of a sample, the logarithm of softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.layers.activation import NamedActivation
from fastnn.registry import Without

__all__ = ["KIND", "LogSoftmax"]


class LogSoftmax(NamedActivation):
    """``x - log(sum(exp(x)))`` over the numbers of a sample: finite also where a softmax is 0.

    >>> LogSoftmax().applied.name
    'log_softmax'
    """

    activation_name = "log_softmax"


def _torch_misfit(module: Any) -> str | None:
    return None if module.dim in (1, -1) else f"it has dim={module.dim}, but fastnn has the last one, 1 or -1"


KIND = ActivationKind(
    name="log_softmax",
    aliases=(),
    engine=Without("it is an operation of its own, as each number depends on all of its row"),
    lower=lambda plan: plan.add_log_softmax(),
    parameters=(),
    layer=LogSoftmax,
    negative=True,
    function=lambda x: x - np.logaddexp.reduce(x, axis=-1, keepdims=True),
    derivative=Without("each number depends on all of its row: the derivative is a matrix"),
    from_output=None,
    c="""
/* x - log of the sum of exp(x); less the largest number, no exponential overflows. */
static void ${name}_log_softmax($real *y, const $real *x, int size)
{
    $real largest = x[0], sum = 0;
    for (int i = 1; i < size; i++)
        if (x[i] > largest) largest = x[i];
    for (int i = 0; i < size; i++) sum += exp$f(x[i] - largest);
    sum = log$f(sum);
    for (int i = 0; i < size; i++) y[i] = x[i] - largest - sum;
}
""",
    onnx=lambda x: x.apply("LogSoftmax", axis=-1),
    keras=Without("Keras has it by its name alone"),
    torch="LogSoftmax",
    torch_function="log_softmax",
    torch_misfit=_torch_misfit,
    sklearn=None,
)
