"""The dense layer: every output is a weighted sum of every input, plus a bias, through an activation."""

import math
from collections.abc import Sequence
from typing import Any

from fastnn import constraints, regularizers
from fastnn.checking.scalars import true_or_false, whole_number
from fastnn.checking.shapes import Shape
from fastnn.initializers.names import resolve as resolve_initializer
from fastnn.layers import applied
from fastnn.layers.adjusting import adjust, adjustments, penalize_outputs
from fastnn.layers.base import Layer, Variable
from fastnn.registry import Without
from fastnn_ext.engine.plan import Plan

__all__ = ["Dense"]


class Dense(Layer):
    """``y = activation(x W + b)``, on the last axis.

    Samples of shape (..., n) become samples of shape (..., units), each vector of n numbers by the same weights, as in
    Keras. Put a `Flatten` before it where every output is to depend on every number of a sample.

    Parameters
    ----------
    units : int
        Outputs of a sample, fan_out.
    activation : str, layer, or pair of functions, optional
        A name, such as relu, tanh or softmax: there is one for each file in `fastnn.activations.kinds`; or your own
        function and its derivative, both of an array and elementwise.
    use_bias : bool, default True
    kernel_initializer, bias_initializer : str, object or function, default "glorot_uniform" and "zeros"
        See `fastnn.initializers`.
    kernel_regularizer, bias_regularizer, activity_regularizer : str or object, optional
        See `fastnn.regularizers`: penalties on the weights, on the bias, and, on average over the samples, on the
        outputs.
    kernel_constraint, bias_constraint : str or object, optional
        See `fastnn.constraints`.
    name, input_shape, trainable
        As in `Layer`.

    Examples
    --------
    >>> layer = Dense(20, activation="relu", kernel_regularizer="l2")
    >>> layer.build((784,))
    (20,)
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(name=name, input_shape=input_shape, trainable=trainable)
        self.units = whole_number(units, "units", at_least=1)
        self.activation = applied.resolve(activation)
        self.use_bias = true_or_false(use_bias, "use_bias")
        self.kernel_initializer = resolve_initializer(kernel_initializer)
        self.bias_initializer = resolve_initializer(bias_initializer)
        self.kernel_regularizer = regularizers.resolve(kernel_regularizer)
        self.bias_regularizer = regularizers.resolve(bias_regularizer)
        self.activity_regularizer = regularizers.resolve(activity_regularizer)
        self.kernel_constraint = constraints.resolve(kernel_constraint)
        self.bias_constraint = constraints.resolve(bias_constraint)

    def output_for(self, input_shape: Shape) -> Shape:
        entry = self.activation.entry
        if len(input_shape) > 1 and entry is not None and isinstance(entry.derivative, Without):
            raise ValueError(
                f"its {entry.name} goes over all numbers of a sample, and takes rows, but it gets samples of shape "
                f"{input_shape}: put a Flatten() before it"
            )
        return (*input_shape[:-1], self.units)

    def variables(self) -> list[Variable]:
        kernel = Variable("kernel", (self.needs_shape()[-1], self.units), self.kernel_initializer, True)
        bias = Variable("bias", (self.units,), self.bias_initializer, True)
        return [kernel, bias] if self.use_bias else [kernel]

    @property
    def output_activation(self) -> str:
        return self.activation.output_name

    def lower(self, plan: Plan) -> None:
        kernel, bias = self.arrays["kernel"], self.arrays.get("bias")
        plan.add_dense(kernel, bias, positions=math.prod(self.needs_shape()[:-1]))
        adjust(plan, kernel, self.kernel_regularizer, self.kernel_constraint)
        adjust(plan, bias, self.bias_regularizer, self.bias_constraint)
        self.activation.lower(plan)
        penalize_outputs(plan, self.activity_regularizer)

    def configuration(self) -> dict[str, Any]:
        # No initialisers: a file has the weights.
        return {
            "units": self.units,
            "activation": self.activation,
            "use_bias": self.use_bias,
            "kernel_regularizer": self.kernel_regularizer,
            "kernel_constraint": self.kernel_constraint,
            **adjustments(self, ["bias"]),
            **super().configuration(),
        }
