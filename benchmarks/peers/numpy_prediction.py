"""NumPy, prediction: one product, one addition and one ufunc a layer, into buffers."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.jobs import Task
from benchmarks.peers import Run

Array = NDArray[Any]
Predict = Callable[[Array, Array], None]


def setup(task: Task) -> Run:
    x = np.ascontiguousarray(task.rows)
    outputs = np.empty((len(x), task.y.shape[1]), dtype=np.float32)
    if task.batch_size == 1:
        predict = _single(task)
        calls = [(x[rows][0], outputs[rows][0]) for rows in task.batches]
    else:
        predict = _batch(task)
        calls = [(x[rows], outputs[rows]) for rows in task.batches]

    def run() -> Array:
        for _ in range(task.epochs):
            for samples, out in calls:
                predict(samples, out)
        return outputs

    return Run(run)


def _single(task: Task) -> Predict:
    """Of one sample, as a vector: without the matrix product's packing."""
    # Rows of the transposed weights are summed in one go each, which suits a product with one vector.
    layers = [(np.ascontiguousarray(weights.T), bias[0]) for weights, bias in task.parameters]
    inner = [(weights, bias, np.empty_like(bias)) for weights, bias in layers[:-1]]
    last_weights, last_bias = layers[-1]

    def predict(sample: Array, out: Array) -> None:
        dot, add, maximum = np.dot, np.add, np.maximum
        for weights, bias, buffer in inner:
            dot(weights, sample, out=buffer)
            add(buffer, bias, out=buffer)
            maximum(buffer, 0, out=buffer)
            sample = buffer
        dot(last_weights, sample, out=out)
        add(out, last_bias, out=out)
        if task.output == "softmax":
            np.subtract(out, maximum.reduce(out), out=out)
            np.exp(out, out=out)
            np.divide(out, add.reduce(out), out=out)

    return predict


def _batch(task: Task) -> Predict:
    numbers = np.empty((task.batch_size, task.rows.shape[1]), dtype=np.float32) if task.x.dtype == np.uint8 else None
    inner = [(w, b, np.empty((task.batch_size, w.shape[1]), dtype=np.float32)) for w, b in task.parameters[:-1]]
    last_weights, last_bias = task.parameters[-1]

    def predict(samples: Array, out: Array) -> None:
        dot, add, maximum = np.dot, np.add, np.maximum
        if numbers is not None:
            np.copyto(numbers, samples)
            samples = numbers
        for weights, bias, buffer in inner:
            dot(samples, weights, out=buffer)
            add(buffer, bias, out=buffer)
            maximum(buffer, 0, out=buffer)
            samples = buffer
        dot(samples, last_weights, out=out)
        add(out, last_bias, out=out)
        if task.output == "softmax":
            np.subtract(out, maximum.reduce(out, axis=1, keepdims=True), out=out)
            np.exp(out, out=out)
            np.divide(out, add.reduce(out, axis=1, keepdims=True), out=out)

    return predict
