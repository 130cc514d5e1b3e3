"""The fann peer: the C library FANN, through cynn's bindings."""

from typing import Any

import numpy as np

from benchmarks.jobs import Task
from benchmarks.peers import Run
from benchmarks.peers.cynn_sigmoid import load, setup_sigmoid, sizes_of, version_of


def version() -> str:
    return version_of("FANN")


def setup(task: Task) -> Run:
    fann = load("fann")

    def network() -> Any:
        made = fann.FannNetwork(sizes_of(task))
        made.learning_rate = task.learning_rate
        return made

    return setup_sigmoid(task, fann, network, np.float32, lambda net, x, y: net.train_batch(x, y, shuffle=False))
