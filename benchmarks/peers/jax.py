"""The jax peer: all epochs in one jitted scan over the batches, with the state donated; nothing returns to Python."""

import importlib
import importlib.metadata
import math
import os
from typing import Any

from benchmarks.jobs import Task
from benchmarks.jobs.base import BETA_1, BETA_2, EPSILON, RHO
from benchmarks.peers import Run


def version() -> str:
    return f"JAX {importlib.metadata.version('jax')}"


def setup(task: Task) -> Run:
    # XLA makes as many threads as the process may use cores and reads no variable for it; set before its import.
    if task.threads == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    jax: Any = importlib.import_module("jax")
    return _prediction(jax, task) if task.goal == "predict" else _training(jax, task)


def _parameters(jax: Any, task: Task) -> Any:
    return [(jax.numpy.array(weights), jax.numpy.array(bias[0])) for weights, bias in task.parameters]


def _forward(jax: Any, parameters: Any, x: Any) -> Any:
    """The last layer's sums, before softmax."""
    for weights, bias in parameters[:-1]:
        x = jax.nn.relu(x @ weights + bias)
    weights, bias = parameters[-1]
    return x @ weights + bias


def _training(jax: Any, task: Task) -> Run:
    jnp, tree_map = jax.numpy, jax.tree_util.tree_map
    x = jnp.array(task.rows)
    y = jnp.array(task.labels if task.loss == "cross_entropy" else task.y)
    samples, size = len(x), task.batch_size
    steps, rest = divmod(samples, size)
    batches = tuple(array[: steps * size].reshape(steps, size, *array.shape[1:]) for array in (x, y))
    last = (x[steps * size :], y[steps * size :])

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        output = _forward(jax, parameters, x)
        if task.loss == "cross_entropy":
            return -jnp.take_along_axis(jax.nn.log_softmax(output), y[:, None], axis=1).mean()
        return jnp.square((jax.nn.softmax(output) if task.output == "softmax" else output) - y).mean()

    def rule(state: Any, gradients: Any) -> Any:
        parameters, m, v, count = state
        rate = task.learning_rate
        if task.optimizer == "sgd":
            return tree_map(lambda w, g: w - rate * g, parameters, gradients), m, v, count
        if task.optimizer == "rmsprop":
            v = tree_map(lambda v, g: RHO * v + (1 - RHO) * g * g, v, gradients)
            return (
                tree_map(lambda w, g, v: w - rate * g / (jnp.sqrt(v) + EPSILON), parameters, gradients, v),
                m,
                v,
                count,
            )
        count += 1
        m = tree_map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, gradients)
        v = tree_map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, gradients)
        # 1 - beta**count without the rounding of a float32 number near 1.
        c1, c2 = (-jnp.expm1(count * math.log(beta)) for beta in (BETA_1, BETA_2))
        moved = tree_map(lambda w, m, v: w - rate * (m / c1) / (jnp.sqrt(v / c2) + EPSILON), parameters, m, v)
        return moved, m, v, count

    def step(state: Any, batch: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(state[0], *batch)
        return rule(state, gradients), value

    def epoch(state: Any, batches: Any, last: Any) -> Any:
        state, values = jax.lax.scan(step, state, batches)
        total = values.sum() * size
        if rest:
            state, value = step(state, last)
            total += value * rest
        return state, total / samples

    def fit(state: Any, batches: Any, last: Any) -> Any:
        return jax.lax.scan(lambda state, _: epoch(state, batches, last), state, None, length=task.epochs)

    compiled = jax.jit(fit, donate_argnums=0)
    held: dict[str, Any] = {}

    def reset() -> None:
        parameters = _parameters(jax, task)
        slots = (tree_map(jnp.zeros_like, parameters) for _ in range(2))
        held["state"] = jax.block_until_ready((parameters, *slots, jnp.zeros(())))

    def run() -> Any:
        held["state"], losses = compiled(held["state"], batches, last)
        return jax.block_until_ready(losses)

    return Run(run, reset)


def _prediction(jax: Any, task: Task) -> Run:
    parameters = _parameters(jax, task)
    predict = jax.jit(lambda x: jax.nn.softmax(_forward(jax, parameters, x.astype(jax.numpy.float32))))
    # Arrays of JAX's own save the conversion a call.
    calls = [jax.numpy.array(task.rows[rows]) for rows in task.batches]

    def run() -> Any:
        outputs: list[Any] = []
        for _ in range(task.epochs):
            outputs = [predict(x).block_until_ready() for x in calls]
        return outputs

    return Run(run, values=lambda outputs: jax.numpy.concatenate(outputs))
