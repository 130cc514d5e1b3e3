"""The optimizers' rules in NumPy: in place, in pieces that stay in the cache, with constants drawn together.

Adam's and RMSprop's averages are kept divided by (1 - beta), which saves a product each; the steps are the same.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.jobs import Task
from benchmarks.jobs.base import BETA_1, BETA_2, EPSILON, RHO

Array = NDArray[Any]

# 32,768 numbers are 128 KB: five such pieces fit a core's second-level cache.
PIECE = 1 << 15


def rule(task: Task, parameters: Array, gradients: Array) -> tuple[Callable[[], None], Callable[[], None]]:
    """A step from flat ``gradients`` to flat ``parameters``, and the function that forgets all steps before."""
    slots = {"sgd": 0, "rmsprop": 1, "adam": 2}[task.optimizer]
    states = [np.zeros_like(parameters) for _ in range(slots)]
    scratch = np.empty(min(PIECE, len(parameters)), dtype=np.float32)
    pieces = []
    for start in range(0, len(parameters), PIECE):
        part = slice(start, start + PIECE)
        arrays = [parameters[part], gradients[part], *(state[part] for state in states)]
        pieces.append((*arrays, scratch[: len(arrays[0])]))
    steps = 0

    def restart() -> None:
        nonlocal steps
        steps = 0
        for state in states:
            state[:] = 0

    if task.optimizer == "sgd":
        rate = np.float32(task.learning_rate)

        def sgd() -> None:
            for w, g, piece in pieces:
                np.multiply(g, rate, out=piece)
                np.subtract(w, piece, out=w)

        return sgd, restart

    if task.optimizer == "rmsprop":
        root = math.sqrt(1 - RHO)
        rho, epsilon, scale = (np.float32(n) for n in (RHO, EPSILON / root, task.learning_rate / root))

        def rmsprop() -> None:
            for w, g, v, piece in pieces:
                np.multiply(g, g, out=piece)
                np.multiply(v, rho, out=v)
                np.add(v, piece, out=v)
                np.sqrt(v, out=piece)
                np.add(piece, epsilon, out=piece)
                np.divide(g, piece, out=piece)
                np.multiply(piece, scale, out=piece)
                np.subtract(w, piece, out=w)

        return rmsprop, restart

    beta_1, beta_2 = np.float32(BETA_1), np.float32(BETA_2)

    def adam() -> None:
        nonlocal steps
        steps += 1
        root = math.sqrt((1 - BETA_2) / (1 - BETA_2**steps))
        epsilon = np.float32(EPSILON / root)
        scale = np.float32(task.learning_rate * (1 - BETA_1) / (1 - BETA_1**steps) / root)
        for w, g, m, v, piece in pieces:
            np.multiply(m, beta_1, out=m)
            np.add(m, g, out=m)
            np.multiply(g, g, out=g)
            np.multiply(v, beta_2, out=v)
            np.add(v, g, out=v)
            np.sqrt(v, out=piece)
            np.add(piece, epsilon, out=piece)
            np.divide(m, piece, out=piece)
            np.multiply(piece, scale, out=piece)
            np.subtract(w, piece, out=w)

    return adam, restart
