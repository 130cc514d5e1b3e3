"""JAX at the study's jobs: an epoch is one jitted scan over its batches, with the state donated."""

import importlib
import math
import os
from typing import Any

from benchmarks.graphs import LEARNING_RATE, RESIDUAL, Run, Sizes, digits
from benchmarks.jobs import data
from benchmarks.jobs.base import BETA_1, BETA_2, EPSILON

# XLA makes as many threads as the process may use cores and reads no variable for it; set before its import.
if os.environ.get("OMP_NUM_THREADS") == "1" and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
jax: Any = importlib.import_module("jax")
jnp = jax.numpy
tree_map = jax.tree_util.tree_map


def _loss(parameters: Any, x: Any, y: Any) -> Any:
    (kernel, bias), *between, last = parameters
    hidden = jax.nn.relu(x @ kernel + bias)
    for kernel, bias in between:
        hidden = hidden + jax.nn.relu(hidden @ kernel + bias)
    return -(y * jax.nn.log_softmax(hidden @ last[0] + last[1])).sum(axis=1).mean()


def _step(state: Any, batch: Any) -> Any:
    parameters, m, v, count = state
    value, gradients = jax.value_and_grad(_loss)(parameters, *batch)
    count += 1
    m = tree_map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, gradients)
    v = tree_map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, gradients)
    # 1 - beta**count without the rounding of a float32 number near 1.
    c1, c2 = (-jnp.expm1(count * math.log(beta)) for beta in (BETA_1, BETA_2))

    def moved(w: Any, m: Any, v: Any) -> Any:
        return w - LEARNING_RATE * (m / c1) / (jnp.sqrt(v / c2) + EPSILON)

    return (tree_map(moved, parameters, m, v), m, v, count), value


def residual(sizes: Sizes) -> Run:
    parameters = [(jnp.array(kernel), jnp.array(bias[0])) for kernel, bias in data.parameters(RESIDUAL)]
    slots = (tree_map(jnp.zeros_like, parameters) for _ in range(2))
    held = {"state": (parameters, *slots, jnp.zeros(()))}
    batches = tuple(jnp.array(one).reshape(-1, 64, one.shape[1]) for one in digits(sizes.samples))
    epoch = jax.jit(lambda state, batches: jax.lax.scan(_step, state, batches), donate_argnums=0)

    def run() -> float:
        held["state"], values = epoch(held["state"], batches)
        return float(values.mean())

    return run
