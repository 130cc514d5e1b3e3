"""The genann peer: the C library genann, in float64, through cynn's bindings. All its hidden layers have one width."""

import numpy as np

from benchmarks.jobs import Task
from benchmarks.peers import Run
from benchmarks.peers.cynn_sigmoid import load, setup_sigmoid, sizes_of, version_of


def version() -> str:
    return version_of("genann")


def setup(task: Task) -> Run:
    genann = load("genann")
    inputs, *hidden, outputs = sizes_of(task)
    return setup_sigmoid(
        task,
        genann,
        lambda: genann.GenannNetwork(inputs, len(hidden), hidden[0], outputs),
        np.float64,
        lambda net, x, y: net.train_batch(x, y, task.learning_rate, shuffle=False),
    )
