"""The network that ``fastnn train`` makes: it takes and gives the user's own numbers, in Python, in ONNX and in C.

Its hidden layers are trained on standardised numbers. Then a layer that standardises is put before them and, for
regression, one behind them that gives the target's own units.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.layers import BatchNormalization, Dense, Dropout, Flatten, Input, Rescaling
from fastnn.layers.base import Layer
from fastnn.models.sequential import Sequential
from fastnn.optimizers.base import Optimizer
from fastnn.optimizers.names import resolve
from fastnn.regularizers import L2

__all__ = ["Standard", "complete_network", "hidden_network"]

# Standard deviations from the least to the largest whose squares float32 holds well.
_SPREADS = (1e-15, 1e15)
# So many times the spread away from 0, three digits of float32 are left.
_FARTHEST = 1e4


@dataclass(frozen=True)
class Standard:
    """Mean and scale by which inputs and targets become numbers of about size 1.

    Attributes
    ----------
    shape : tuple of int
        Of one sample as it comes.
    mean, scale : ndarray, shape (inputs,), or None
        None for pictures of bytes, which are divided by 255 as the engine reads them.
    target_mean, target_scale : float
    """

    shape: tuple[int, ...]
    mean: NDArray[np.float64] | None
    scale: NDArray[np.float64] | None
    target_mean: float = 0.0
    target_scale: float = 1.0

    @classmethod
    def of(cls, x: NDArray[Any], y: NDArray[Any], names: list[str], categories: list[bool]) -> Standard:
        """That of the samples of training.

        Parameters
        ----------
        x, y : ndarray
            Inputs (samples, ...), and class numbers (samples,) or numbers (samples, 1).
        names : list of str
            What messages call the inputs; empty for arrays.
        categories : list of bool
            Which inputs are 0 or 1 and stay so; empty for arrays.

        Raises
        ------
        ValueError
            When numbers are so large or small that their squares leave float32; the message names the input.
        """
        middle, spread = 0.0, 1.0
        if y.dtype.kind == "f":
            middle, spread = float(y.mean()), float(y.std()) or 1.0
            if not _SPREADS[0] <= spread <= _SPREADS[1]:
                raise ValueError(f"the target has the standard deviation {spread:g}: use a unit that makes it about 1")
        if x.dtype == np.uint8 and x.ndim > 2:
            return cls(x.shape[1:], None, None, middle, spread)
        rows = x.reshape(len(x), -1)
        mean, scale = rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64)
        # A constant says nothing; dividing by its spread of zero would say NaN.
        scale[scale == 0] = 1.0
        if categories:
            mean[categories], scale[categories] = 0.0, 1.0
        wrong = (scale < _SPREADS[0]) | (scale > _SPREADS[1])
        if wrong.any():
            number = int(wrong.argmax())
            name = _called(number, names)
            raise ValueError(
                f"input {name} has the standard deviation {scale[number]:g}: use a unit that makes it about 1"
            )
        return cls(x.shape[1:], mean, scale, middle, spread)

    def far_from_zero(self, names: list[str]) -> list[str]:
        """What the inputs are called that vary little around a number far from 0, and lose their digits in float32."""
        if self.mean is None or self.scale is None:
            return []
        far = np.flatnonzero(np.abs(self.mean) > _FARTHEST * self.scale)
        return [_called(int(number), names) for number in far]

    def inputs(self, x: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
        """Inputs as the hidden layers are trained on them."""
        if self.mean is None or self.scale is None:
            return x
        return ((x.reshape(len(x), -1) - self.mean) / self.scale).astype(dtype)

    def targets(self, y: NDArray[Any]) -> NDArray[Any]:
        """Targets as the hidden layers are trained on them."""
        return (y - self.target_mean) / self.target_scale if y.dtype.kind == "f" else y


def _called(number: int, names: list[str]) -> str:
    return repr(names[number]) if names else f"number {number}"


def hidden_network(arguments: argparse.Namespace, standard: Standard, outputs: int) -> Sequential:
    """The network to train on what `Standard` gives, compiled.

    ``outputs`` is the number of classes, 1 for regression.
    """
    if standard.mean is None:
        first: list[Layer] = [Input(standard.shape), Rescaling(1 / 255, name="bytes"), Flatten()]
    else:
        first = [Input((len(standard.mean),))]
    model = _model(arguments, [*first, *_hidden_layers(arguments, outputs)])
    _compile(model, arguments, outputs)
    return model


def complete_network(
    arguments: argparse.Namespace, standard: Standard, trained: Sequential, outputs: int
) -> Sequential:
    """The trained network between the layers that make it take and give the user's own numbers."""
    before: list[Layer] = [Input(standard.shape)]
    after: list[Layer] = []
    weights = trained.get_weights()
    if standard.mean is None or standard.scale is None:
        before += [Rescaling(1 / 255, name="bytes"), Flatten()]
    else:
        variance = np.square(standard.scale)
        before += [Flatten()] if len(standard.shape) > 1 else []
        # Frozen: a momentum of 1 keeps the moving mean and variance. The epsilon is below what rounding loses.
        before.append(
            BatchNormalization(
                momentum=1.0, epsilon=1e-9 * float(variance.min()), center=False, scale=False, name="standardise"
            )
        )
        weights = [standard.mean, variance, *weights]
    if outputs == 1:
        after.append(Dense(1, name="units"))
        weights += [np.array([[standard.target_scale]]), np.array([standard.target_mean])]
    model = _model(arguments, [*before, *_hidden_layers(arguments, outputs), *after])
    model.set_weights(weights)
    _compile(model, arguments, outputs)
    model.history = trained.history
    return model


def _model(arguments: argparse.Namespace, layers: list[Layer]) -> Sequential:
    return Sequential(layers, dtype=arguments.dtype, seed=arguments.seed)


def _hidden_layers(arguments: argparse.Namespace, outputs: int) -> list[Layer]:
    penalty = L2(arguments.l2) if arguments.l2 else None
    layers: list[Layer] = []
    for units in arguments.hidden:
        layers.append(Dense(units, arguments.activation, kernel_regularizer=penalty))
        layers += [Dropout(arguments.dropout)] if arguments.dropout else []
    return [*layers, Dense(outputs, "softmax" if outputs > 1 else None, kernel_regularizer=penalty)]


def _compile(model: Sequential, arguments: argparse.Namespace, outputs: int) -> None:
    loss, metrics = ("sparse_categorical_crossentropy", ["accuracy"]) if outputs > 1 else ("mse", [])
    model.compile(optimizer=_optimizer(arguments), loss=loss, metrics=metrics)


def _optimizer(arguments: argparse.Namespace) -> Optimizer:
    optimizer = resolve(arguments.optimizer)
    if arguments.learning_rate is None:
        return optimizer
    if arguments.optimizer == "lbfgs":
        raise ValueError("lbfgs finds the length of each step itself: leave --learning-rate out")
    make: Any = type(optimizer)
    chosen: Optimizer = make(learning_rate=arguments.learning_rate)
    return chosen
