"""The fastnn-model peer: `fastnn.Sequential` as a user of Keras writes it, with history and accuracy.

The worker's environment sets the number of threads.
"""

from typing import Any

import numpy as np

import fastnn
from benchmarks.jobs import Task
from benchmarks.jobs.base import BETA_1, BETA_2, EPSILON, RHO
from benchmarks.peers import Run
from fastnn.optimizers import SGD, Adam, RMSprop


def version() -> str:
    return f"fastnn {fastnn.__version__}"


def build(task: Task) -> fastnn.Sequential:
    """The network with the task's weights, and what training it takes."""
    layers: list[Any] = [fastnn.Input(task.x.shape[1:])]
    if task.x.ndim > 2:
        layers.append(fastnn.Flatten())
    for weights, _ in task.parameters[:-1]:
        layers.append(fastnn.Dense(weights.shape[1]))
        if task.batch_normalization:
            layers.append(fastnn.BatchNormalization())
        layers.append(fastnn.ReLU())
        if task.dropout:
            layers.append(fastnn.Dropout(task.dropout))
    layers.append(fastnn.Dense(task.y.shape[1], task.output))
    model = fastnn.Sequential(layers, seed=0)
    rate = task.learning_rate
    optimizer: Any = SGD(rate)
    if task.optimizer == "rmsprop":
        optimizer = RMSprop(rate, rho=RHO, epsilon=EPSILON)
    elif task.optimizer == "adam":
        optimizer = Adam(rate, beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON)
    classes = task.loss == "cross_entropy"
    loss = "categorical_crossentropy" if classes else "mse"
    # train_on_batch would work it out for each row.
    watched = classes and task.goal == "train"
    model.compile(optimizer, loss, metrics=["accuracy"] if watched else None)
    return model


def setup(task: Task) -> Run:
    model = build(task)
    dense = [layer for layer in model.layers if isinstance(layer, fastnn.Dense)]
    others = [layer for layer in model.layers if not isinstance(layer, fastnn.Dense)]
    first = [layer.get_weights() for layer in others]
    optimizer, loss, metrics = model.optimizer, model.loss, model.metrics

    def reset() -> None:
        weights = {id(layer): [w, b[0]] for layer, (w, b) in zip(dense, task.parameters, strict=True)}
        weights |= {id(layer): arrays for layer, arrays in zip(others, first, strict=True)}
        model.set_weights([array for layer in model.layers for array in weights[id(layer)]])
        model.compile(optimizer, loss, metrics=metrics)

    if task.goal == "predict":
        reset()
        return _prediction(task, model)
    if task.goal == "step":
        return Run(_steps(task, model), reset)

    def run() -> list[float]:
        fitted = model.fit(task.x, task.y, batch_size=task.batch_size, epochs=task.epochs, shuffle=False)
        return fitted.history["loss"]

    return Run(run, reset)


def _steps(task: Task, model: fastnn.Sequential) -> Any:
    rows = [(task.x[batch], task.y[batch]) for batch in task.batches]

    def run() -> list[float]:
        step = model.train_on_batch
        losses = []
        for _ in range(task.epochs):
            losses.append(float(np.mean([step(x, y) for x, y in rows])))
        return losses

    return run


def _prediction(task: Task, model: fastnn.Sequential) -> Run:
    outputs = np.empty((len(task.x), task.y.shape[1]), dtype=np.float32)
    calls = [(task.x[rows], outputs[rows]) for rows in task.batches]

    def run() -> Any:
        predict = model.predict
        for _ in range(task.epochs):
            for x, out in calls:
                predict(x, out=out)
        return outputs

    return Run(run)
