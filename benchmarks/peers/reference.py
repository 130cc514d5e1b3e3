"""The reference: every job in plain float64 NumPy, formula by formula. Its results are the right answer."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.jobs import Task
from benchmarks.jobs.base import BETA_1, BETA_2, EPSILON, RHO
from benchmarks.peers import Run

Array = NDArray[Any]


def version() -> str:
    return f"NumPy {np.__version__}"


def setup(task: Task) -> Run:
    x = task.rows.astype(np.float64)
    if task.goal == "predict":
        weights = _float64(task)
        return Run(lambda: _forward(task, weights, x)[-1])
    return Run(lambda: _train(task, x))


def _float64(task: Task) -> list[Array]:
    """Weights and biases in turn."""
    return [array.astype(np.float64) for layer in task.parameters for array in layer]


def _forward(task: Task, parameters: list[Array], x: Array) -> list[Array]:
    """The input and every layer's output."""
    outputs = [x]
    last = len(parameters) - 2
    for index in range(0, len(parameters), 2):
        output = outputs[-1] @ parameters[index] + parameters[index + 1]
        if index < last:
            output = np.maximum(output, 0)
        elif task.output == "softmax":
            output = np.exp(output - output.max(axis=1, keepdims=True))
            output /= output.sum(axis=1, keepdims=True)
        outputs.append(output)
    return outputs


def _train(task: Task, x: Array) -> list[float]:
    parameters, y = _float64(task), task.y.astype(np.float64)
    step = _rule(task, parameters)
    losses = []
    for _ in range(task.epochs):
        total = 0.0
        for rows in task.batches:
            outputs = _forward(task, parameters, x[rows])
            loss, error = _loss(task, y[rows], outputs[-1])
            total += loss * (rows.stop - rows.start)
            gradients: list[Array] = []
            for index in range(len(parameters) - 2, -1, -2):
                gradients[:0] = [outputs[index // 2].T @ error, error.sum(axis=0, keepdims=True)]
                error = (error @ parameters[index].T) * (outputs[index // 2] > 0)
            step(gradients)
        losses.append(total / len(x))
    return losses


def _loss(task: Task, y: Array, output: Array) -> tuple[float, Array]:
    """The mean loss of a batch, and its gradient with respect to the last layer's sums."""
    if task.loss == "cross_entropy":
        return float(-np.log((output * y).sum(axis=1)).mean()), (output - y) / len(y)
    error = 2 * (output - y) / y.size
    if task.output == "softmax":
        error = output * (error - (error * output).sum(axis=1, keepdims=True))
    return float(np.square(y - output).mean()), error


def _rule(task: Task, parameters: list[Array]) -> Callable[[list[Array]], None]:
    """The optimizer's step, which changes ``parameters`` in place."""
    rate, steps = task.learning_rate, 0
    first, second = ([np.zeros_like(array) for array in parameters] for _ in range(2))

    def step(gradients: list[Array]) -> None:
        nonlocal steps
        steps += 1
        for w, g, m, v in zip(parameters, gradients, first, second, strict=True):
            if task.optimizer == "sgd":
                w -= rate * g
            elif task.optimizer == "rmsprop":
                v[...] = RHO * v + (1 - RHO) * g**2
                w -= rate * g / (np.sqrt(v) + EPSILON)
            else:
                m[...] = BETA_1 * m + (1 - BETA_1) * g
                v[...] = BETA_2 * v + (1 - BETA_2) * g**2
                corrected = np.sqrt(v / (1 - BETA_2**steps))
                w -= rate * (m / (1 - BETA_1**steps)) / (corrected + EPSILON)

    return step
