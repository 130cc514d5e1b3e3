"""SiLU: ``x / (1 + exp(-x))``, also called swish (Hendrycks and Gimpel 2016; Ramachandran, Zoph and Le 2017)."""

from fastnn.activations.base import ActivationKind
from fastnn.activations.kinds.sigmoid import sigmoid
from fastnn.layers.activation import NamedActivation
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

__all__ = ["KIND", "SiLU"]


class SiLU(NamedActivation):
    """``x * sigmoid(x)``, also called swish.

    >>> SiLU().applied.name
    'silu'
    """

    activation_name = "silu"


KIND = ActivationKind(
    name="silu",
    aliases=("swish",),
    engine=Engine.SILU,
    lower=None,
    parameters=(),
    layer=SiLU,
    negative=True,
    function=lambda x: x * sigmoid(x),
    derivative=lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))),
    from_output=None,
    c="""
/* x / (1 + exp(-x)) by the exponential of a number that is not positive, which cannot overflow. */
static void ${name}_silu($real *y, const $real *x, int size)
{
    for (int i = 0; i < size; i++) {
        const $real e = exp$f(-fabs$f(x[i]));
        y[i] = x[i] * ((x[i] >= 0 ? 1 : e) / (1 + e));
    }
}
""",
    onnx=lambda x: x * x.apply("Sigmoid"),
    keras=Without("Keras has it by its name alone"),
    torch="SiLU",
    torch_function="silu",
    sklearn=None,
)
