"""Batch normalisation: every feature gets mean 0 and variance 1 over the batch, then a scale and shift of its own."""

from collections.abc import Sequence
from typing import Any

from fastnn import constraints, regularizers
from fastnn.checking.scalars import finite_number, non_negative_number, true_or_false
from fastnn.checking.shapes import Shape
from fastnn.initializers.ones import Ones
from fastnn.initializers.zeros import Zeros
from fastnn.layers.adjusting import adjust, adjustments, penalize_outputs
from fastnn.layers.base import Layer, Variable
from fastnn_ext.engine.plan import Plan

__all__ = ["BatchNormalization"]


class BatchNormalization(Layer):
    """``gamma * (x - mean) / sqrt(variance + epsilon) + beta`` (Ioffe and Szegedy 2015, algorithm 1).

    In training with the batch's mean and variance, whose moving averages are kept; in prediction with those.

    Parameters
    ----------
    momentum : float, default 0.99
        Share of the old value in a moving average, from 0 to 1.
    epsilon : float, default 1e-3
        Above 0.
    center, scale : bool, default True
        Whether there is a beta, a gamma.
    beta_regularizer, gamma_regularizer, activity_regularizer : str or object, optional
        See `fastnn.regularizers`: penalties on beta, on gamma, and, on average over the samples, on the outputs.
    beta_constraint, gamma_constraint : str or object, optional
        See `fastnn.constraints`.
    name, input_shape, trainable
        As in `Layer`.

    Examples
    --------
    >>> BatchNormalization().build((20,))
    (20,)
    """

    acts_otherwise_in_training = True

    def __init__(
        self,
        *,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        activity_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(name=name, input_shape=input_shape, trainable=trainable)
        self.momentum_of_moving = finite_number(momentum, "momentum")
        if not 0 <= self.momentum_of_moving <= 1:
            raise ValueError(f"momentum must be from 0 to 1, but it is {momentum}")
        self.epsilon = non_negative_number(epsilon, "epsilon")
        if self.epsilon == 0:
            raise ValueError("epsilon must be above 0, but it is 0")
        self.center, self.scale = true_or_false(center, "center"), true_or_false(scale, "scale")
        self.beta_regularizer = regularizers.resolve(beta_regularizer)
        self.gamma_regularizer = regularizers.resolve(gamma_regularizer)
        self.activity_regularizer = regularizers.resolve(activity_regularizer)
        self.beta_constraint = constraints.resolve(beta_constraint)
        self.gamma_constraint = constraints.resolve(gamma_constraint)

    def output_for(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise ValueError(f"it takes rows, but gets samples of shape {input_shape}: put a Flatten() before it")
        return input_shape

    def variables(self) -> list[Variable]:
        shape = self.needs_shape()
        gamma = [Variable("gamma", shape, Ones(), True)] if self.scale else []
        beta = [Variable("beta", shape, Zeros(), True)] if self.center else []
        mean = Variable("moving_mean", shape, Zeros(), False)
        return [*gamma, *beta, mean, Variable("moving_variance", shape, Ones(), False)]

    @property
    def output_activation(self) -> str:
        return "linear"

    def lower(self, plan: Plan) -> None:
        plan.add_batch_normalization(
            self.arrays.get("gamma"),
            self.arrays.get("beta"),
            self.arrays["moving_mean"],
            self.arrays["moving_variance"],
            self.momentum_of_moving,
            self.epsilon,
        )
        adjust(plan, self.arrays.get("gamma"), self.gamma_regularizer, self.gamma_constraint)
        adjust(plan, self.arrays.get("beta"), self.beta_regularizer, self.beta_constraint)
        penalize_outputs(plan, self.activity_regularizer)

    def configuration(self) -> dict[str, Any]:
        asked = adjustments(self, ["beta", "gamma"])
        described = {"momentum": self.momentum_of_moving, "epsilon": self.epsilon}
        return {**described, "center": self.center, "scale": self.scale, **asked, **super().configuration()}
