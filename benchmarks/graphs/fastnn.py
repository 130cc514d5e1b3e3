"""fastnn at the study's jobs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

import fastnn
from benchmarks.graphs import (
    DISCOUNT,
    FOLLOWS,
    LEARNING_RATE,
    RESIDUAL,
    SMALL,
    TRUNK,
    UNITS_OF_A_CATEGORY,
    Run,
    Sizes,
    categories,
    digits,
    repeated,
    transitions,
)
from benchmarks.jobs import data
from fastnn.layers import Add, Dense, Embedding, Flatten, Input
from fastnn.optimizers import SGD, Adam


def _put(layers: Sequence[Any], sizes: tuple[int, ...]) -> None:
    for layer, (kernel, bias) in zip(layers, data.parameters(sizes), strict=True):
        layer.kernel[:], layer.bias[:] = kernel, bias[0]


def _epochs(model: Any, x: Any, y: Any, batch_size: int) -> Run:
    return lambda: float(model.fit(x, y, batch_size=batch_size, shuffle=False, verbose=0).history["loss"][0])


def _blocks(sizes: Sizes, skips: bool) -> Run:
    inputs = Input((RESIDUAL[0],))
    dense = [Dense(units, "relu") for units in RESIDUAL[1:-1]] + [Dense(RESIDUAL[-1], "softmax")]
    hidden = dense[0](inputs)
    for layer in dense[1:-1]:
        hidden = Add()([hidden, layer(hidden)]) if skips else layer(hidden)
    model = fastnn.Model(inputs, dense[-1](hidden))
    _put(dense, RESIDUAL)
    model.compile(Adam(LEARNING_RATE), "categorical_crossentropy")
    return _epochs(model, *digits(sizes.samples), 64)


def residual(sizes: Sizes) -> Run:
    return _blocks(sizes, skips=True)


def chain(sizes: Sizes) -> Run:
    """The same layers without their skips."""
    return _blocks(sizes, skips=False)


def heads(sizes: Sizes) -> Run:
    x, y = digits(sizes.samples)
    return _headed(x, [y[:, :5].copy(), y[:, 5:].copy()])


def one_head(sizes: Sizes) -> Run:
    """All outputs in one layer."""
    return _headed(*digits(sizes.samples))


def _headed(x: Any, y: Any) -> Run:
    inputs = Input((TRUNK[0],))
    trunk = [Dense(units, "relu") for units in TRUNK[1:]]
    hidden = trunk[1](trunk[0](inputs))
    ends = [Dense(len(one[0]))(hidden) for one in y] if isinstance(y, list) else Dense(len(y[0]))(hidden)
    model = fastnn.Model(inputs, ends, seed=0)
    _put(trunk, TRUNK)
    model.compile(Adam(LEARNING_RATE), "mse")
    return _epochs(model, x, y, 64)


def embedding(sizes: Sizes) -> Run:
    x, y, table = categories(sizes)
    layers = [Input((1,)), Embedding(sizes.categories, UNITS_OF_A_CATEGORY), Flatten(), Dense(1)]
    model = fastnn.Sequential(layers)
    model.layers[0].arrays["embeddings"][:] = table
    _put(model.layers[2:], (UNITS_OF_A_CATEGORY, 1))
    model.compile(SGD(LEARNING_RATE), "mse")
    return _epochs(model, x, y, 256)


def _small(optimizer: Any) -> Any:
    hidden = [Dense(units, "relu") for units in SMALL[1:-1]]
    model = fastnn.Sequential([Input((SMALL[0],)), *hidden, Dense(SMALL[-1])])
    _put(model.layers, SMALL)
    model.compile(optimizer, "mse")
    return model


def gradients_of_a_row(sizes: Sizes) -> Run:
    model, (x, y) = _small(SGD(LEARNING_RATE)), data.gaussian(1, (SMALL[0], SMALL[-1]))
    return repeated(sizes, lambda: model.gradients(x, y).loss)


def gradients_of_64_rows(sizes: Sizes) -> Run:
    model, (x, y) = _small(SGD(LEARNING_RATE)), data.gaussian(64, (SMALL[0], SMALL[-1]))
    return repeated(sizes, lambda: model.gradients(x, y).loss)


def train_on_batch(sizes: Sizes) -> Run:
    """A step that changes the weights."""
    model, (x, y) = _small(SGD(LEARNING_RATE)), data.gaussian(64, (SMALL[0], SMALL[-1]))
    return repeated(sizes, lambda: model.train_on_batch(x, y))


def q_learning(sizes: Sizes) -> Run:
    values, target, seen = _small(Adam(LEARNING_RATE)), _small(Adam(LEARNING_RATE)), transitions()
    rows, chosen = np.arange(64), seen.actions

    def squared_error(goal: Any, outputs: Any) -> Any:
        wrong = outputs[rows, chosen] - goal
        return wrong * wrong

    def slope(goal: Any, outputs: Any) -> Any:
        gradient = np.zeros_like(outputs)
        gradient[rows, chosen] = 2 / 64 * (outputs[rows, chosen] - goal)
        return gradient

    values.compile(Adam(LEARNING_RATE), (squared_error, slope))

    def step() -> float:
        goal = seen.rewards + DISCOUNT * seen.goes_on * target.predict(seen.after).max(axis=1)
        value = values.train_on_batch(seen.states, goal)
        target.parameters[:] += FOLLOWS * (values.parameters - target.parameters)
        return float(value)

    return repeated(sizes, step)
