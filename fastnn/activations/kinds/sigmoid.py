"""Sigmoid: ``1 / (1 + exp(-x))``, the logistic function."""

from typing import Any

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.layers.activation import NamedActivation
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

__all__ = ["KIND", "Sigmoid", "sigmoid"]


class Sigmoid(NamedActivation):
    """``1 / (1 + exp(-x))``.

    >>> Sigmoid().applied.name
    'sigmoid'
    """

    activation_name = "sigmoid"


def sigmoid(x: Any) -> Any:
    """The formula in NumPy.

    >>> float(sigmoid(0.0))
    0.5
    """
    return 1 / (1 + np.exp(-x))


KIND = ActivationKind(
    name="sigmoid",
    aliases=(),
    engine=Engine.SIGMOID,
    lower=None,
    parameters=(),
    layer=Sigmoid,
    negative=False,
    function=lambda x: sigmoid(x),
    derivative=lambda x: sigmoid(x) * (1 - sigmoid(x)),
    from_output=lambda y: y - y**2,
    c="""
/* 1 / (1 + exp(-x)) by the exponential of a number that is not positive, which cannot overflow. */
static void ${name}_sigmoid($real *y, const $real *x, int size)
{
    for (int i = 0; i < size; i++) {
        const $real e = exp$f(-fabs$f(x[i]));
        y[i] = (x[i] >= 0 ? 1 : e) / (1 + e);
    }
}
""",
    onnx=lambda x: x.apply("Sigmoid"),
    keras=Without("Keras has it by its name alone"),
    torch="Sigmoid",
    torch_function="sigmoid",
    sklearn="logistic",
)
