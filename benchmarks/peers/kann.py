"""The kann peer: the C library KANN, through cynn's bindings."""

import importlib
import importlib.metadata
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.jobs import Task
from benchmarks.peers import Run


def version() -> str:
    return f"KANN in cynn {importlib.metadata.version('cynn')}"


def setup(task: Task) -> Run:
    kann: Any = importlib.import_module("cynn.kann")
    kann.set_verbose(False)
    x = np.ascontiguousarray(task.rows)
    if task.goal == "predict":
        network = _network(kann, task)
        network.switch_mode(False)
        calls = [x[rows] for rows in task.batches]

        def predict() -> Any:
            outputs: list[Any] = []
            for _ in range(task.epochs):
                outputs = [network.apply(sample[0]) for sample in calls]
            return outputs

        return Run(predict)

    held: dict[str, Any] = {}

    def reset() -> None:
        held["network"] = _network(kann, task)
        kann.set_seed(0)

    def fit() -> None:
        held["network"].train(
            x,
            task.y,
            learning_rate=task.learning_rate,
            mini_batch_size=task.batch_size,
            max_epochs=task.epochs,
            min_epochs=task.epochs,
            max_drop_streak=task.epochs + 1,
            validation_fraction=0.0,
        )

    def values(_: None) -> Any:
        # The library tells no loss of an epoch; this is the one after the last.
        return np.array([held["network"].cost(x, task.y)])

    return Run(fit, reset, values, differs="it shuffles, and RMSprop's epsilon is 1e-6 under the root")


def _network(kann: Any, task: Task) -> Any:
    """The network with the task's weights, which only the library's own file format lets in."""
    sizes = [task.rows.shape[1], *(weights.shape[1] for weights, _ in task.parameters)]
    network = kann.KannNeuralNetwork.mlp(
        sizes[0], list(sizes[1:-1]), sizes[-1], cost_type=kann.COST_MULTI_CROSS_ENTROPY, dropout=0.0
    )
    variables = np.concatenate([array.ravel() for w, b in task.parameters for array in (w.T, b)])
    if network.n_var != variables.size or network.n_const != 0:
        raise RuntimeError(f"KANN's network has {network.n_var} variables, but the job's has {variables.size}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.kan"
        network.save(path)
        content = path.read_bytes()
        # All variables stand at the end of the file, layer by layer.
        path.write_bytes(content[: -variables.nbytes] + variables.tobytes())
        return kann.KannNeuralNetwork.load(path)
