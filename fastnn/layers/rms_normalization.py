"""RMS normalisation: vectors along the last axis are divided by the root of their mean square, and have a scale."""

from collections.abc import Sequence
from typing import Any, ClassVar

from fastnn.checking.scalars import non_negative_number
from fastnn.initializers.ones import Ones
from fastnn.layers.base import NUMBERS, Layer, Variable
from fastnn_ext.engine.plan import Plan

__all__ = ["RMSNormalization"]


class RMSNormalization(Layer):
    """``scale * x / sqrt(mean(x**2) + epsilon)`` of each vector along the last axis (Zhang and Sennrich 2019).

    Parameters
    ----------
    epsilon : float, default 1e-6
        Above 0.
    name, input_shape, trainable
        As in `Layer`.

    Examples
    --------
    >>> from fastnn import Input, Sequential
    >>> Sequential([Input((2,)), RMSNormalization()]).predict([[1.0, 7.0]])
    array([[0.2, 1.4]], dtype=float32)
    """

    _instead: ClassVar = {**Layer._instead, "scale": NUMBERS.format("scale")}

    def __init__(
        self,
        *,
        epsilon: float = 1e-6,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(name=name, input_shape=input_shape, trainable=trainable)
        self.epsilon = non_negative_number(epsilon, "epsilon")
        if self.epsilon == 0:
            raise ValueError("epsilon must be above 0, but it is 0")

    def variables(self) -> list[Variable]:
        return [Variable("scale", self.needs_shape()[-1:], Ones(), True)]

    @property
    def output_activation(self) -> str:
        return "linear"

    def lower(self, plan: Plan) -> None:
        plan.add_rms_normalization(self.arrays["scale"], self.epsilon)

    def configuration(self) -> dict[str, Any]:
        return {"epsilon": self.epsilon, **super().configuration()}
