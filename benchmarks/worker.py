"""The worker: the process of one peer, which does what each line that comes in says and answers with a line of JSON.

``python -m benchmarks.worker JOB PEER EPOCHS THREADS``, JOB in JSON, first says which version it runs. A line ``round``
is a round of the job; any other is a job to do from then on, with its epochs. The process ends with its input.
"""

import gc
import importlib
import json
import os
import sys
import time
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from benchmarks.jobs import Job, Task
from benchmarks.peers import Run

COMPARED_SAMPLES = 100


def main(job: str, peer: str, epochs: str, threads: str) -> None:
    # Some libraries print to standard output: answers go to a copy of it, and what is printed to standard error.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    module = importlib.import_module(f"benchmarks.peers.{peer.replace('-', '_')}")
    task, prepared = _ready(module, json.loads(job), int(epochs), int(threads))
    _answer(answers, {"version": module.version(), "differs": prepared.differs})
    for line in sys.stdin:
        if line != "round\n":
            task, prepared = _ready(module, **json.loads(line), threads=int(threads))
            _answer(answers, {"version": module.version(), "differs": prepared.differs})
            continue
        prepared.reset()
        gc.collect()
        begin = time.perf_counter()
        result = prepared.run()
        seconds = time.perf_counter() - begin
        values = prepared.values(result)
        loss = float(values[-1]) if task.goal == "train" else float(np.square(values).mean())
        _answer(answers, {"seconds": seconds, "loss": loss, "values": compared(values)})


def _ready(module: Any, job: dict[str, Any], epochs: int, threads: int) -> tuple[Task, Run]:
    task = Job(**job).make(epochs, threads)
    prepared: Run = module.setup(task)
    return task, prepared


def compared(values: NDArray[Any]) -> list[float]:
    """The numbers that must be the reference's: the last epoch's loss, or the outputs of samples spread evenly.

    >>> compared(np.array([0.5, 0.25]))
    [0.25]
    >>> len(compared(np.zeros((10_000, 10))))
    1000
    """
    chosen = values[-1:] if values.ndim == 1 else values[:: max(1, len(values) // COMPARED_SAMPLES)]
    return [float(value) for value in chosen.ravel()]


def _answer(stream: TextIO, message: dict[str, object]) -> None:
    print(json.dumps(message), file=stream, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
