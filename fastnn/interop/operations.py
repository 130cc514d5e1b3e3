"""What a prediction computes, as operations on rows of numbers. Exporters write these in another language."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.activations.base import ActivationKind
from fastnn.activations.registry import ACTIVATIONS
from fastnn.layers import (
    Activation,
    ActivityRegularization,
    BatchNormalization,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    LayerNormalization,
    Rescaling,
)
from fastnn.layers.applied import AppliedActivation
from fastnn.layers.base import Layer
from fastnn.models.sequential import Sequential

__all__ = ["Activate", "NormalizeBatch", "NormalizeLayer", "Product", "Rescale", "Operation", "operations_of"]

Array = NDArray[np.floating[Any]]

# All that predicts what its class says; what trains alone, or reshapes what are rows anyway, has no operation.
_KNOWN = (
    ActivityRegularization,
    Rescaling,
    Flatten,
    Dense,
    Activation,
    Dropout,
    GaussianNoise,
    BatchNormalization,
    LayerNormalization,
)


@dataclass(frozen=True)
class Operation:
    """Of the layer with this name, from ``inputs`` to ``outputs`` numbers of a sample."""

    layer: str
    inputs: int
    outputs: int

    def numbers_by_name(self) -> dict[str, float]:
        """Those that must fit the model's dtype."""
        return {name: value for name, value in vars(self).items() if isinstance(value, float)}


@dataclass(frozen=True)
class Rescale(Operation):
    """``x * scale + shift``; the first operation if there is one."""

    scale: float
    shift: float


@dataclass(frozen=True)
class Product(Operation):
    """``x kernel + bias``."""

    kernel: Array
    bias: Array | None


@dataclass(frozen=True)
class Activate(Operation):
    """An activation by its name, never linear and no alias. The numbers are its parameters."""

    activation: str
    numbers: tuple[float, ...]

    @property
    def kind(self) -> ActivationKind:
        """What the registry has of it."""
        return ACTIVATIONS[self.activation]

    def numbers_by_name(self) -> dict[str, float]:
        # A limit may be absent, which is infinity.
        given = zip(self.kind.parameters, self.numbers, strict=True)
        return {parameter.name: number for parameter, number in given if parameter.written(number) is not None}


@dataclass(frozen=True)
class NormalizeBatch(Operation):
    """``gamma * (x - mean) / sqrt(variance + epsilon) + beta`` with the moving mean and variance."""

    gamma: Array
    beta: Array
    mean: Array
    variance: Array
    epsilon: float


@dataclass(frozen=True)
class NormalizeLayer(Operation):
    """The same with the sample's own mean and variance."""

    gamma: Array
    beta: Array
    epsilon: float


def operations_of(model: Sequential) -> list[Operation]:
    """What a model computes in prediction; samples of any shape are rows from the beginning.

    Parameters
    ----------
    model : Sequential
        Built, or with an input shape to be built for. The operations hold its own arrays, not copies.

    Raises
    ------
    TypeError
        When it is no `Sequential`, or a layer or an activation is of the user's own making.
    ValueError
        When it cannot be built, or a number of it is NaN or infinite in its dtype.

    Examples
    --------
    >>> from fastnn.layers import Input
    >>> model = Sequential([Input((2, 2)), Flatten(), Dense(3, "relu"), Dropout(0.5), Dense(1)])
    >>> [type(operation).__name__ for operation in operations_of(model)]
    ['Product', 'Activate', 'Product']
    """
    if not isinstance(model, Sequential):
        raise TypeError(f"model must be a fastnn.Sequential, but it is {model!r}")
    plan = model.needs_plan()
    operations: list[Operation] = []
    rescaling = [str(layer.name) for layer in model.layers if isinstance(layer, Rescaling)]
    if rescaling:
        # They are one to the engine, too.
        operations += [Rescale(rescaling[-1], plan.input_size, plan.input_size, plan.input_scale, plan.input_shift)]
    for layer in model.layers:
        operations += _operations_of_layer(layer, model.dtype)
    largest = float(np.finfo(model.dtype).max)
    for operation in operations:
        for name, value in operation.numbers_by_name().items():
            if abs(value) > largest:
                raise ValueError(f"the {name} of {operation.layer} is {value:g}, more than {model.dtype} holds")
    return operations


def _operations_of_layer(layer: Layer, dtype: np.dtype[Any]) -> list[Operation]:
    kind = next((kind for kind in _KNOWN if isinstance(layer, kind)), None)
    # A subclass that lowers itself in its own way may compute anything.
    if kind is None or type(layer).lower is not kind.lower:
        raise TypeError(f"the layer {layer.name} is of your own class {type(layer).__name__} and cannot be exported")
    arrays = layer.arrays
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"the {name} of {layer.name} holds NaN or infinity: such a model predicts nothing")
    assert layer.input_shape is not None
    assert layer.output_shape is not None
    inputs, outputs = math.prod(layer.input_shape), math.prod(layer.output_shape)
    place = str(layer.name), inputs, outputs
    if isinstance(layer, Dense):
        product = Product(*place, arrays["kernel"], arrays.get("bias"))
        return [product, *_activate(str(layer.name), outputs, layer.activation)]
    if isinstance(layer, Activation):
        return _activate(str(layer.name), outputs, layer.applied)
    if isinstance(layer, BatchNormalization | LayerNormalization):
        gamma = arrays["gamma"] if layer.scale else np.ones(outputs, dtype)
        beta = arrays["beta"] if layer.center else np.zeros(outputs, dtype)
        if isinstance(layer, LayerNormalization):
            return [NormalizeLayer(*place, gamma, beta, layer.epsilon)]
        return [NormalizeBatch(*place, gamma, beta, arrays["moving_mean"], arrays["moving_variance"], layer.epsilon)]
    return []


def _activate(layer: str, size: int, applied: AppliedActivation) -> list[Operation]:
    kind = applied.entry
    if kind is None:
        raise TypeError(
            f"the activation {applied.name} of {layer} is a Python function of your own and cannot be exported: "
            "use one of fastnn's activations, such as 'relu'"
        )
    return [] if kind.name == "linear" else [Activate(layer, size, size, kind.name, applied.numbers)]
