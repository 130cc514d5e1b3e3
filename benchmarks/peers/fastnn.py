"""The fastnn peer: `fastnn.train` or `fastnn.predict` as a user calls it, with its checks and conversions.

The worker's environment sets the number of threads.
"""

from typing import Any

import numpy as np

import fastnn
from benchmarks.jobs import Task
from benchmarks.jobs.base import BETA_1, BETA_2, EPSILON, RHO
from benchmarks.peers import Run


def version() -> str:
    return f"fastnn {fastnn.__version__}"


def setup(task: Task) -> Run:
    dense = [fastnn.FCLayer(*weights.shape, dtype=np.float32) for weights, _ in task.parameters]

    def reset() -> None:
        for layer, (weights, bias) in zip(dense, task.parameters, strict=True):
            layer.weights, layer.bias = weights, bias

    network: list[Any] = [fastnn.FlattenLayer(task.x.shape[1:])] if task.x.ndim > 2 else []
    for layer in dense:
        network += [layer, fastnn.ActivationLayer(fastnn.relu)]
    network.pop()
    if task.output == "softmax":
        network.append(fastnn.SoftmaxLayer(dense[-1].output_size))
    if task.goal == "predict":
        reset()
        return _prediction(task, network)

    options: dict[str, Any] = {
        "epochs": task.epochs,
        "learning_rate": task.learning_rate,
        "loss": fastnn.mse if task.loss == "mse" else fastnn.cross_entropy,
        "batch_size": task.batch_size,
    }

    def run() -> list[float]:
        optimizer = {} if task.optimizer == "sgd" else {"optimizer": _optimizer(task)}
        return fastnn.train(network, task.x, task.y, **options, **optimizer)[1]

    return Run(run, reset)


def _optimizer(task: Task) -> Any:
    if task.optimizer == "rmsprop":
        return fastnn.optimizers.RMSprop(task.learning_rate, rho=RHO, epsilon=EPSILON)
    return fastnn.optimizers.Adam(task.learning_rate, beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON)


def _prediction(task: Task, network: list[Any]) -> Run:
    outputs = np.empty((len(task.x), task.y.shape[1]), dtype=np.float32)
    calls = [(task.x[rows], outputs[rows]) for rows in task.batches]

    def run() -> Any:
        predict = fastnn.predict
        for _ in range(task.epochs):
            for x, out in calls:
                predict(network, x, out=out)
        return outputs

    return Run(run)
