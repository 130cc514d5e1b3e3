"""The numpy peer: the job as an expert writes it in NumPy, in float32 and without allocating."""

import numpy as np

from benchmarks.jobs import Task
from benchmarks.peers import Run, numpy_batches, numpy_prediction, numpy_single


def version() -> str:
    return f"NumPy {np.__version__}"


def setup(task: Task) -> Run:
    if task.goal == "predict":
        return numpy_prediction.setup(task)
    # With one sample a step, matrix-vector products and rank-1 updates are their own way of writing it.
    if task.batch_size == 1 and task.optimizer == "sgd" and task.loss == "mse" and len(task.parameters) == 2:
        return numpy_single.setup(task)
    return numpy_batches.setup(task)
