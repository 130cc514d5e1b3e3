"""NumPy, a batch a step: any layers, either loss, every rule. Every product and ufunc writes into a buffer."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.jobs import Task
from benchmarks.peers import Run
from benchmarks.peers.numpy_rules import rule

Array = NDArray[Any]


def setup(task: Task) -> Run:
    # One buffer holds all parameters and one all gradients, so that an optimizer's step is a few calls and not a few
    # a layer.
    first = np.concatenate([array.ravel() for layer in task.parameters for array in layer])
    parameters, gradients = first.copy(), np.empty_like(first)
    shapes = [array.shape for layer in task.parameters for array in layer]
    step, restart = rule(task, parameters, gradients)

    def reset() -> None:
        parameters[:] = first
        restart()

    x = np.ascontiguousarray(task.rows)
    passes = {size: _pass(task, size, _views(parameters, shapes), _views(gradients, shapes)) for size in _sizes(task)}
    batches = [(x[rows], task.y[rows], rows.stop - rows.start) for rows in task.batches]

    def run() -> list[float]:
        losses = []
        for _ in range(task.epochs):
            total = 0.0
            for samples, targets, size in batches:
                total += passes[size](samples, targets)
                step()
            losses.append(total / len(x))
        return losses

    return Run(run, reset)


def _sizes(task: Task) -> set[int]:
    return {rows.stop - rows.start for rows in task.batches}


def _views(flat: Array, shapes: list[tuple[int, ...]]) -> list[Array]:
    """Arrays of ``shapes`` in ``flat``'s memory, one after another."""
    places = itertools.accumulate((math.prod(shape) for shape in shapes), initial=0)
    return [flat[i:j].reshape(shape) for (i, j), shape in zip(itertools.pairwise(places), shapes, strict=True)]


def _pass(task: Task, size: int, parameters: list[Array], gradients: list[Array]) -> Callable[[Array, Array], float]:
    """Forward and backward through a batch of ``size``: fills ``gradients`` and returns the summed loss."""
    weights, biases = parameters[::2], parameters[1::2]
    weight_gradients, bias_gradients = gradients[::2], gradients[1::2]
    transposed = [w.T for w in weights]
    layers = len(weights)
    outputs = [np.empty((size, w.shape[1]), dtype=np.float32) for w in weights]
    errors = [np.empty_like(output) for output in outputs]
    active = [np.empty(output.shape, dtype=bool) for output in outputs]
    outputs_transposed = [output.T for output in outputs]
    column = np.empty((size, 1), dtype=np.float32)
    ones = np.ones((1, size), dtype=np.float32)
    last_error = _mean_squared_error(task, size) if task.loss == "mse" else _cross_entropy(size, column)

    def forward_and_backward(x: Array, y: Array) -> float:
        dot, add, multiply, maximum, greater = np.dot, np.add, np.multiply, np.maximum, np.greater
        layer_input = x
        for index in range(layers):
            output = outputs[index]
            dot(layer_input, weights[index], out=output)
            add(output, biases[index], out=output)
            if index < layers - 1:
                maximum(output, 0, out=output)
            layer_input = output
        loss: float = last_error(outputs[-1], y, errors[-1])
        for index in range(layers - 1, -1, -1):
            error = errors[index]
            dot(outputs_transposed[index - 1] if index else x.T, error, out=weight_gradients[index])
            dot(ones, error, out=bias_gradients[index])
            if index:
                dot(error, transposed[index], out=errors[index - 1])
                greater(outputs[index - 1], 0, out=active[index - 1])
                multiply(errors[index - 1], active[index - 1], out=errors[index - 1])
        return loss

    return forward_and_backward


def _cross_entropy(size: int, column: Array) -> Callable[[Array, Array, Array], float]:
    share = np.float32(1 / size)
    # The reductions without np.max's and np.sum's Python wrappers.
    largest, total = np.maximum.reduce, np.add.reduce

    def softmax_and_error(output: Array, y: Array, error: Array) -> float:
        largest(output, axis=1, keepdims=True, out=column)
        np.subtract(output, column, out=output)
        # -log p of the class is log of the sum of powers, less the class' own number.
        loss = -float(np.vdot(output, y))
        np.exp(output, out=output)
        total(output, axis=1, keepdims=True, out=column)
        np.divide(output, column, out=output)
        np.log(column, out=column)
        loss += float(total(column, axis=None))
        np.subtract(output, y, out=error)
        np.multiply(error, share, out=error)
        return loss

    return softmax_and_error


def _mean_squared_error(task: Task, size: int) -> Callable[[Array, Array, Array], float]:
    outputs = task.y.shape[1]
    scale = np.float32(2 / (size * outputs))

    def error_of(output: Array, y: Array, error: Array) -> float:
        if task.output == "softmax":
            output -= output.max(axis=1, keepdims=True)
            np.exp(output, out=output)
            output /= output.sum(axis=1, keepdims=True)
        np.subtract(output, y, out=error)
        loss: float = np.vdot(error, error) / outputs
        np.multiply(error, scale, out=error)
        if task.output == "softmax":
            error -= np.einsum("ij,ij->i", error, output)[:, None]
            error *= output
        return loss

    return error_of
