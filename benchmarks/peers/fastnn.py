"""The fastnn peer: one call of `fastnn.train`, with its checks and conversions, as a user writes it."""

from collections.abc import Callable

import numpy as np

import fastnn
from benchmarks.jobs import Task


def version() -> str:
    return f"fastnn {fastnn.__version__}"


def setup(task: Task) -> Callable[[], list[float]]:
    (weights_1, bias_1), (weights_2, bias_2) = task.parameters
    first, second = (fastnn.FCLayer(*weights.shape, dtype=np.float32) for weights in (weights_1, weights_2))
    first.weights, first.bias = weights_1, bias_1
    second.weights, second.bias = weights_2, bias_2
    network = [
        fastnn.FlattenLayer(task.x.shape[1:]),
        first,
        fastnn.ActivationLayer(fastnn.relu, fastnn.relu_prime),
        second,
        fastnn.SoftmaxLayer(second.output_size),
    ]

    def run() -> list[float]:
        return fastnn.train(network, task.x, task.y, epochs=task.epochs, learning_rate=task.learning_rate)[1]

    return run
