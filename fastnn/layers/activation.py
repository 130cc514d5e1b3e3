"""Activation layers: one function applied to every number, or a softmax over the numbers of a sample."""

from collections.abc import Sequence
from typing import Any

from fastnn.layers import applied
from fastnn.layers.applied import AppliedActivation
from fastnn.layers.base import Layer
from fastnn_ext.plan import Plan

__all__ = [
    "Activation",
    "ReLU",
    "LeakyReLU",
    "Sigmoid",
    "Tanh",
    "ELU",
    "SELU",
    "GELU",
    "SiLU",
    "Softplus",
    "Softmax",
]


class Activation(Layer):
    """An activation as a layer of its own.

    Parameters
    ----------
    activation : str or pair of functions
        As for `Dense`: a name, or your own function and its derivative.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> Activation("tanh").applied.name
    'tanh'
    """

    def __init__(self, activation: Any, *, name: str | None = None, input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, input_shape=input_shape)
        self.applied: AppliedActivation = applied.resolve(activation)

    @property
    def output_activation(self) -> str | None:
        return None if self.applied.name == "linear" else self.applied.output_name

    def lower(self, plan: Plan) -> None:
        self.applied.lower(plan)

    def configuration(self) -> dict[str, Any]:
        return {"activation": self.applied, **super().configuration()}


class _Named(Activation):
    """An activation that its class names."""

    activation_name = "linear"

    def __init__(self, *, name: str | None = None, input_shape: Sequence[int] | None = None) -> None:
        super().__init__(self.activation_name, name=name, input_shape=input_shape)

    def configuration(self) -> dict[str, Any]:
        return Layer.configuration(self)


class ReLU(_Named):
    """``max(x, 0)``.

    >>> ReLU().applied.name
    'relu'
    """

    activation_name = "relu"


class Sigmoid(_Named):
    """``1 / (1 + exp(-x))``.

    >>> Sigmoid().applied.name
    'sigmoid'
    """

    activation_name = "sigmoid"


class Tanh(_Named):
    """The hyperbolic tangent.

    >>> Tanh().applied.name
    'tanh'
    """

    activation_name = "tanh"


class SELU(_Named):
    """The self-normalising unit of Klambauer et al. 2017: take ``kernel_initializer="lecun_normal"`` with it.

    >>> SELU().applied.name
    'selu'
    """

    activation_name = "selu"


class GELU(_Named):
    """``x`` times the normal distribution function of x, exactly (Hendrycks and Gimpel 2016).

    >>> GELU().applied.name
    'gelu'
    """

    activation_name = "gelu"


class SiLU(_Named):
    """``x * sigmoid(x)``, also called swish.

    >>> SiLU().applied.name
    'silu'
    """

    activation_name = "silu"


class Softplus(_Named):
    """``log(1 + exp(x))``.

    >>> Softplus().applied.name
    'softplus'
    """

    activation_name = "softplus"


class Softmax(_Named):
    """``exp(x) / sum(exp(x))`` over the numbers of a sample.

    >>> Softmax().applied.name
    'softmax'
    """

    activation_name = "softmax"


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
    >>> LeakyReLU(0.1).applied.slope
    0.1
    """

    def __init__(
        self,
        negative_slope: float = 0.3,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        if not 0 <= negative_slope < 1:
            raise ValueError(f"negative_slope must be at least 0 and below 1, but it is {negative_slope}")
        super().__init__(AppliedActivation("leaky_relu", float(negative_slope)), name=name, input_shape=input_shape)

    def configuration(self) -> dict[str, Any]:
        return {"negative_slope": self.applied.slope, **Layer.configuration(self)}


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
    >>> ELU(0.5).applied.slope
    0.5
    """

    def __init__(
        self, alpha: float = 1.0, *, name: str | None = None, input_shape: Sequence[int] | None = None
    ) -> None:
        if not 0 <= alpha < float("inf"):
            raise ValueError(f"alpha must be finite and not negative, but it is {alpha}")
        super().__init__(AppliedActivation("elu", float(alpha)), name=name, input_shape=input_shape)

    def configuration(self) -> dict[str, Any]:
        return {"alpha": self.applied.slope, **Layer.configuration(self)}
