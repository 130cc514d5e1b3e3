"""The model of an estimator: its layers, its first weights in scikit-learn's order, its loss and its optimiser."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastnn.layers import Dense, Dropout, Input
from fastnn.layers.applied import resolve
from fastnn.models import Sequential
from fastnn.optimizers import LBFGS, SGD, Adam
from fastnn.optimizers.base import Optimizer
from fastnn.regularizers import L2
from fastnn.sklearn.parameters import Parameters

__all__ = ["OUTPUTS", "Output", "dense_layers", "description", "divisor_of", "make_model", "optimizer_of"]


@dataclass(frozen=True)
class Output:
    """What the last layer gives, and how its losses become scikit-learn's.

    Attributes
    ----------
    activation, loss : str
        The package's.
    by_outputs : float
        What the package's loss of a sample is multiplied by, beside the number of outputs where that is a mean, so that
        its gradient is ``prediction - target`` before the last activation.
    mean : bool
        Whether the package's loss is the mean over outputs.
    told_mean : bool
        Whether scikit-learn tells the mean over outputs, and not their sum.
    """

    activation: str
    loss: str
    by_outputs: float = 1.0
    mean: bool = True
    told_mean: bool = False


# By scikit-learn's names of the last activation.
OUTPUTS = {
    "identity": Output("linear", "mean_squared_error", by_outputs=0.5, told_mean=True),
    "exp": Output("exponential", "poisson"),
    "logistic": Output("sigmoid", "binary_crossentropy"),
    "softmax": Output("softmax", "sparse_categorical_crossentropy", mean=False),
}

# What SciPy's L-BFGS-B has by default, and scikit-learn leaves.
_TOLERANCE_CHANGE = 2.220446049250313e-09


def make_model(
    parameters: Parameters,
    features: int,
    outputs: int,
    output: Output,
    dtype: np.dtype[Any],
    divisor: float,
    random_state: np.random.RandomState,
) -> Sequential:
    """A model with scikit-learn's first weights; ``alpha`` is divided by ``divisor``, samples of a batch.

    Raises
    ------
    MemoryError
        Where the weights do not fit; the message names the largest.
    """
    # Where nothing else draws at random the estimator's own generator is left to weights and order alone.
    seed = int(random_state.randint(2**31 - 1)) if any(parameters.dropout) else 0
    penalty = L2(0.5 * parameters.alpha / divisor) if parameters.alpha else None
    layers: list[Any] = [Input((features,))]
    kinds = zip(parameters.hidden, parameters.activations, parameters.dropout, strict=True)
    for units, activation, rate in kinds:
        layers.append(Dense(units, activation, kernel_initializer="zeros", kernel_regularizer=penalty))
        if rate:
            layers.append(Dropout(rate))
    layers.append(Dense(outputs, output.activation, kernel_initializer="zeros", kernel_regularizer=penalty))
    model = Sequential(layers, dtype=dtype, seed=seed, name="perceptron")
    for layer, factor in zip(dense_layers(model), parameters.glorot, strict=True):
        kernel, bias = layer.arrays["kernel"], layer.arrays["bias"]
        bound = math.sqrt(factor / sum(kernel.shape))
        kernel[...] = random_state.uniform(-bound, bound, kernel.shape)
        bias[...] = random_state.uniform(-bound, bound, bias.shape)
    return model


def description(parameters: Parameters, features: int, outputs: int, output: Output) -> tuple[Any, ...]:
    """What `make_model` makes layers of, but for the number that divides ``alpha``: equal ones make like models."""
    applied = [resolve(activation) for activation in parameters.activations]
    activations = tuple((one.name, one.numbers, one.functions) for one in applied)
    return features, parameters.hidden, activations, parameters.dropout, parameters.alpha, outputs, output


def dense_layers(model: Sequential) -> list[Dense]:
    """The layers that have weights."""
    return [layer for layer in model.layers if isinstance(layer, Dense)]


def optimizer_of(parameters: Parameters) -> Optimizer:
    if parameters.solver == "lbfgs":
        return LBFGS(tolerance_grad=parameters.tol, tolerance_change=_TOLERANCE_CHANGE)
    rate = parameters.learning_rate_init
    if parameters.solver == "adam":
        return Adam(rate, parameters.beta_1, parameters.beta_2, parameters.epsilon, epsilon_hat=True)
    nesterov = parameters.nesterovs_momentum and parameters.momentum > 0
    return SGD(rate, momentum=parameters.momentum, nesterov=nesterov)


def divisor_of(model: Sequential, parameters: Parameters) -> float:
    """The number that `make_model` has divided ``alpha`` by."""
    penalty = dense_layers(model)[-1].kernel_regularizer
    return 1.0 if penalty is None else 0.5 * parameters.alpha / penalty.l2
