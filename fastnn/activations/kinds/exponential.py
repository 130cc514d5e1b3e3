"""Exponential: ``exp(x)``."""

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.layers.activation import NamedActivation
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

__all__ = ["KIND", "Exponential"]


class Exponential(NamedActivation):
    """``exp(x)``: infinite where that is larger than the largest number.

    >>> Exponential().applied.name
    'exponential'
    """

    activation_name = "exponential"


KIND = ActivationKind(
    name="exponential",
    aliases=(),
    engine=Engine.EXPONENTIAL,
    lower=None,
    parameters=(),
    layer=Exponential,
    negative=False,
    function=lambda x: np.exp(x),
    derivative=lambda x: np.exp(x),
    from_output=lambda y: y,
    c="""
static void ${name}_exponential($real *y, const $real *x, int size)
{
    for (int i = 0; i < size; i++) y[i] = exp$f(x[i]);
}
""",
    onnx=lambda x: x.apply("Exp"),
    keras=Without("Keras has it by its name alone"),
    torch=Without("PyTorch has no module of it"),
    torch_function="exp",
    sklearn=None,
)
