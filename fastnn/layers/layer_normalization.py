"""Layer normalisation: every sample gets mean 0 and variance 1 over its features, which have scales and shifts."""

from collections.abc import Sequence
from typing import Any

from fastnn.checking.scalars import non_negative_number, true_or_false
from fastnn.checking.shapes import Shape
from fastnn.initializers.ones import Ones
from fastnn.initializers.zeros import Zeros
from fastnn.layers.base import Layer, Variable
from fastnn_ext.engine.plan import Plan

__all__ = ["LayerNormalization"]


class LayerNormalization(Layer):
    """``gamma * (x - mean) / sqrt(variance + epsilon) + beta`` with each sample's mean and variance (Ba et al. 2016).

    Parameters
    ----------
    epsilon : float, default 1e-3
        Above 0.
    center, scale : bool, default True
        Whether there is a beta, a gamma.
    name, input_shape, trainable
        As in `Layer`.

    Examples
    --------
    >>> LayerNormalization().build((20,))
    (20,)
    """

    def __init__(
        self,
        *,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(name=name, input_shape=input_shape, trainable=trainable)
        self.epsilon = non_negative_number(epsilon, "epsilon")
        if self.epsilon == 0:
            raise ValueError("epsilon must be above 0, but it is 0")
        self.center, self.scale = true_or_false(center, "center"), true_or_false(scale, "scale")

    def output_for(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise ValueError(f"it takes rows, but gets samples of shape {input_shape}: put a Flatten() before it")
        return input_shape

    def variables(self) -> list[Variable]:
        shape = self.needs_shape()
        gamma = [Variable("gamma", shape, Ones(), True)] if self.scale else []
        return [*gamma, Variable("beta", shape, Zeros(), True)] if self.center else gamma

    @property
    def output_activation(self) -> str:
        return "linear"

    def lower(self, plan: Plan) -> None:
        plan.add_layer_normalization(self.arrays.get("gamma"), self.arrays.get("beta"), self.epsilon)

    def configuration(self) -> dict[str, Any]:
        return {"epsilon": self.epsilon, "center": self.center, "scale": self.scale, **super().configuration()}
