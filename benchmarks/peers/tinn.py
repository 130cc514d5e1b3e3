"""The tinn peer: the C library Tinn, whose networks have one hidden layer, through cynn's bindings."""

import numpy as np

from benchmarks.jobs import Task
from benchmarks.peers import Run
from benchmarks.peers.cynn_sigmoid import load, setup_sigmoid, sizes_of, version_of


def version() -> str:
    return version_of("Tinn")


def setup(task: Task) -> Run:
    tinn = load("tinn")
    inputs, hidden, outputs = sizes_of(task)
    return setup_sigmoid(
        task,
        tinn,
        lambda: tinn.TinnNetwork(inputs, hidden, outputs),
        np.float32,
        lambda net, x, y: net.train_batch(x, y, task.learning_rate, shuffle=False),
    )
