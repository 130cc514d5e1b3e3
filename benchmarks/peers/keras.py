"""The keras peer: ``model.fit`` and ``model.predict`` of Keras 3 on its TensorFlow backend, compiled untimed."""

import importlib
import importlib.metadata
import os
from typing import Any

import numpy as np

from benchmarks.jobs import Task
from benchmarks.jobs.base import BATCH_EPSILON, BETA_1, BETA_2, EPSILON, RHO
from benchmarks.peers import Run


def version() -> str:
    return f"Keras {importlib.metadata.version('keras')}, TensorFlow {importlib.metadata.version('tensorflow')}"


def imported(task: Task) -> tuple[Any, Any]:
    """Keras and TensorFlow, set to the task's threads."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # Its notices about the processor and missing GPUs are for other readers.
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    tensorflow: Any = importlib.import_module("tensorflow")
    tensorflow.config.threading.set_intra_op_parallelism_threads(task.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(task.threads)
    return importlib.import_module("keras"), tensorflow


def build(keras: Any, task: Task, activation: str | None) -> Any:
    """The network with the task's weights."""
    sizes = [weights.shape[1] for weights, _ in task.parameters]
    layers = keras.layers
    hidden: list[Any] = []
    for size in sizes[:-1]:
        if task.batch_normalization:
            hidden += [layers.Dense(size), layers.BatchNormalization(epsilon=BATCH_EPSILON), layers.ReLU()]
        else:
            hidden.append(layers.Dense(size, activation="relu"))
        if task.dropout:
            hidden.append(layers.Dropout(task.dropout))
    model = keras.Sequential(
        [keras.Input((task.rows.shape[1],)), *hidden, layers.Dense(sizes[-1], activation=activation)]
    )
    _put_weights(model, task)
    return model


def _put_weights(model: Any, task: Task) -> None:
    given = iter(task.parameters)
    for layer in model.layers:
        arrays = layer.get_weights()
        if len(arrays) == 2:
            weights, bias = next(given)
            layer.set_weights([weights, bias[0]])
        elif arrays:
            # Batch normalisation: scale, shift, and what it has seen.
            size = len(arrays[0])
            layer.set_weights([np.ones(size), np.zeros(size), np.zeros(size), np.ones(size)])


def setup(task: Task) -> Run:
    keras, _ = imported(task)
    return _prediction(keras, task) if task.goal == "predict" else _training(keras, task)


def _rmsprop(keras: Any) -> Any:
    """Keras' RMSprop with epsilon beside the root, where the job has it, and not under it; as much work."""

    class RMSprop(keras.optimizers.RMSprop):  # type: ignore[misc]
        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            ops = keras.ops
            velocity = self._velocities[self._get_variable_index(variable)]
            square = ops.multiply(1 - self.rho, ops.square(gradient))
            self.assign(velocity, ops.add(ops.multiply(self.rho, velocity), square))
            denominator = ops.add(ops.sqrt(velocity), self.epsilon)
            self.assign_sub(variable, ops.divide(ops.multiply(learning_rate, gradient), denominator))

    return RMSprop


def _training(keras: Any, task: Task) -> Run:
    # Cross-entropy from the last sums and from classes is Keras' fastest, and its most exact.
    classes = task.loss == "cross_entropy"
    model = build(keras, task, None if classes or task.output == "linear" else "softmax")
    if task.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(task.learning_rate)
    elif task.optimizer == "rmsprop":
        optimizer = _rmsprop(keras)(task.learning_rate, rho=RHO, epsilon=EPSILON)
    else:
        optimizer = keras.optimizers.Adam(task.learning_rate, beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True) if classes else "mse"
    model.compile(optimizer=optimizer, loss=loss)
    optimizer.build(model.trainable_variables)
    first = [variable.numpy() for variable in optimizer.variables]
    x, y = task.rows, task.labels if classes else task.y

    def reset() -> None:
        _put_weights(model, task)
        for variable, value in zip(optimizer.variables, first, strict=True):
            variable.assign(value)

    def steps() -> Any:
        rows = [(x[batch], y[batch]) for batch in task.batches]
        return [float(np.mean([model.train_on_batch(*row) for row in rows])) for _ in range(task.epochs)]

    def fit() -> Any:
        fitted = model.fit(x, y, batch_size=task.batch_size, epochs=task.epochs, shuffle=False, verbose=0)
        return fitted.history["loss"]

    return Run(steps if task.goal == "step" else fit, reset)


def _prediction(keras: Any, task: Task) -> Run:
    model = build(keras, task, task.output)
    calls = [task.rows[rows] for rows in task.batches]

    def run() -> Any:
        outputs: list[Any] = []
        for _ in range(task.epochs):
            outputs = [model.predict(x, batch_size=task.batch_size, verbose=0) for x in calls]
        return outputs

    return Run(run, values=lambda outputs: keras.ops.convert_to_numpy(keras.ops.concatenate(outputs)))
