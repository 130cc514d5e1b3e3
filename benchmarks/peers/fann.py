"""The fann peer: the C library FANN, through cynn's bindings, which take and return lists."""

import importlib
import importlib.metadata
from typing import Any

import numpy as np

from benchmarks.jobs import Task
from benchmarks.peers import Run


def version() -> str:
    return f"FANN in cynn {importlib.metadata.version('cynn')}"


def setup(task: Task) -> Run:
    fann: Any = importlib.import_module("cynn.fann")
    sizes = [task.rows.shape[1], *(weights.shape[1] for weights, _ in task.parameters)]
    differs = "sigmoid units in every layer, no softmax, its own first weights"
    held: dict[str, Any] = {}

    def reset() -> None:
        fann.seed(0)
        held["network"] = fann.FannNetwork(sizes)
        held["network"].learning_rate = task.learning_rate

    x, y = task.rows, task.y
    if task.goal == "predict":
        reset()

        def predict() -> Any:
            call = held["network"].predict
            outputs: list[Any] = []
            for _ in range(task.epochs):
                outputs = [call(sample) for sample in x]
            return outputs

        return Run(predict, differs=differs)

    samples, targets = list(x), list(y)

    def fit() -> list[float]:
        train = held["network"].train_batch
        return [train(samples, targets, shuffle=False)["mean_loss"] for _ in range(task.epochs)]

    return Run(fit, reset, lambda losses: np.array(losses), differs)
