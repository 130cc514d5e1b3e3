"""The network of an estimator: made from its parameters, and made larger where features or classes are new."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.arrays import float_dtype
from fastnn.checking.scalars import non_negative_number, whole_number
from fastnn.layers import Dense, Input
from fastnn.layers.base import Layer
from fastnn.losses.base import Loss
from fastnn.models import Sequential
from fastnn.models.training import make_training
from fastnn.optimizers import Adam
from fastnn.optimizers.base import Optimizer
from fastnn.optimizers.lbfgs import LBFGS
from fastnn.optimizers.state import OptimizerState
from fastnn.regularizers import L2
from fastnn.river.features import Features

__all__ = ["Network", "Parameters"]

# Of Adam by default: of 0.001, 0.003, 0.01 and 0.03 the best or next to it on river's generated streams SEA, RandomRBF,
# Hyperplane and Friedman, none of which docs/estimators.md judges by.
_LEARNING_RATE = 0.003


@dataclass(frozen=True)
class Parameters:
    """What an estimator's parameters say, checked.

    Attributes
    ----------
    hidden : tuple of int
        Units of the hidden layers.
    activation : str or layer
        Of the hidden layers.
    output_activation : str
    """

    hidden: tuple[int, ...]
    activation: Any
    output_activation: str
    optimizer: Optimizer
    loss: Loss
    l2: float
    batch_size: int
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, estimator: Any, output_activation: str, loss: Any) -> Parameters:
        """The parameters of an estimator.

        Raises
        ------
        TypeError, ValueError
            For one that has no meaning; the message names it, and of unknown names the nearest.
        """
        sizes = estimator.hidden_layer_sizes
        sizes = list(sizes) if isinstance(sizes, Iterable) and not isinstance(sizes, str) else [sizes]
        hidden = tuple(whole_number(size, "each of hidden_layer_sizes", at_least=1) for size in sizes)
        l2 = non_negative_number(estimator.l2, "l2")
        # A model that is not built looks at all the rest.
        layers = _layers(hidden, estimator.activation, 1, output_activation, l2)
        model = Sequential(layers, dtype=float_dtype(estimator.dtype))
        model.compile(Adam(_LEARNING_RATE) if estimator.optimizer is None else estimator.optimizer, loss)
        optimizer, chosen = model.needs_compile()
        if isinstance(optimizer, LBFGS):
            raise ValueError("LBFGS looks at all samples in every step: choose another optimizer")
        return cls(
            hidden=hidden,
            activation=estimator.activation,
            output_activation=output_activation,
            optimizer=optimizer,
            loss=chosen,
            l2=l2,
            batch_size=whole_number(estimator.batch_size, "batch_size", at_least=1),
            dtype=model.dtype,
        )

    def make_model(self, inputs: int, outputs: int, rng: np.random.Generator) -> Sequential:
        """A model with first weights."""
        layers = _layers(self.hidden, self.activation, outputs, self.output_activation, self.l2)
        model = Sequential([Input((inputs,)), *layers], dtype=self.dtype, seed=rng, name="perceptron")
        model.compile(self.optimizer, self.loss)
        return model


def _layers(hidden: Sequence[int], activation: Any, outputs: int, output_activation: str, l2: float) -> list[Layer]:
    penalty = L2(0.5 * l2) if l2 else None
    # A layer is in one model at most, and the parameter stays the user's.
    layers: list[Layer] = [
        Dense(units, copy.deepcopy(activation), kernel_regularizer=penalty, name=f"hidden_{number}")
        for number, units in enumerate(hidden, 1)
    ]
    return [*layers, Dense(outputs, output_activation, kernel_regularizer=penalty, name="output")]


class Network:
    """A model with the features of its inputs and the classes of its outputs. A larger one takes its place.

    Parameters
    ----------
    parameters : Parameters
    rng : Generator
        Of first weights.
    names : iterable of hashables
        Of features, in any order.
    classes : sequence of hashables
        None are given to a regression.
    before : Network, optional
        Whose features, classes, weights and optimiser's state it takes over.

    Attributes
    ----------
    model : Sequential
    features : Features
    classes : list of hashables
        In the order in which they came.
    targets : dict of hashables to ndarray
        What the engine takes for each class.
    """

    features: Features
    classes: list[Hashable]
    model: Sequential
    sizes: tuple[int, int]

    def __init__(
        self,
        parameters: Parameters,
        rng: np.random.Generator,
        names: Iterable[Hashable],
        classes: Sequence[Hashable],
        before: Network | None = None,
    ) -> None:
        known = Features((), parameters.dtype) if before is None else before.features
        self.features = Features([*known.names, *known.new(names)], parameters.dtype)
        self.classes = list(dict.fromkeys([*(before.classes if before else ()), *classes]))
        self.targets = {label: np.array([[number]], np.int32) for number, label in enumerate(self.classes)}
        # Softmax of one class has nothing to learn: the second has its output from the beginning.
        outputs = max(2, len(self.classes)) if parameters.output_activation == "softmax" else 1
        if before is not None and before.sizes == (self.features.size, outputs):
            self.model = before.model
        else:
            self.model = parameters.make_model(self.features.size, outputs, rng)
            if before is not None:
                _take_over(before.model, self.model)
        self.sizes = self.features.size, outputs
        strings = [name for name in self.features.names if isinstance(name, str)]
        if len(strings) == self.features.size:
            self.model.feature_names = strings

    def knows(self, names: Iterable[Hashable], classes: Iterable[Hashable]) -> bool:
        """Whether none of these is new."""
        return not self.features.new(names) and all(label in self.targets for label in classes)


def _take_over(old: Sequential, new: Sequential) -> None:
    """Copy weights and the optimiser's state of a model into the corner that they have in a larger one."""
    for small, large in zip(old.layers, new.layers, strict=True):
        for name, array in large.arrays.items():
            _corner(array, small.arrays[name])[...] = small.arrays[name]
    state = old.optimizer_state
    arrays = state.arrays
    larger = None
    if arrays is not None:
        larger = _first_state(new)
        for array, kept in zip(larger, arrays, strict=True):
            _corner(array, kept)[...] = kept
    new._keep(optimizer_state=OptimizerState(larger, state.step, state.momentum_product))


def _first_state(model: Sequential) -> list[NDArray[Any]]:
    """What the optimiser of a model remembers before the first update."""
    plan = model.needs_plan()
    x, y = np.zeros((1, plan.input_size), model.dtype), np.zeros((1, plan.output_size), model.dtype)
    state = make_training(model, x, y, 1, None, streaming=True).state
    model._keep(optimizer_state=OptimizerState())
    return state


def _corner(large: NDArray[Any], small: NDArray[Any]) -> NDArray[Any]:
    return large[tuple(slice(length) for length in small.shape)]
