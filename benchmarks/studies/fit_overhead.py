"""What ``fit`` costs beside the bare engine: ``python -m benchmarks.studies.fit_overhead quick|full`` answers in JSON.

The keras job, shuffled: the engine's epochs called one by one, against ``fit`` with history and accuracy, and the same
on a terminal, where a progress bar appears once training has taken a second. Rounds alternate; times are medians, in
microseconds of a sample.
"""

import io
import json
import os
import pty
import sys
import threading
from collections.abc import Callable

import fastnn
from benchmarks.jobs import JOBS
from benchmarks.peers.fastnn_model import build
from benchmarks.studies.alternating import median_seconds
from fastnn.models.training import make_training

# Long enough for a bar to be drawn again and again, a tenth of a second each time.
LONG_EPOCHS = 2000


def measure(epochs: int, rounds: int) -> dict[str, float]:
    job = JOBS["keras"]
    task = job.make(epochs)
    x, y = task.rows, task.y
    models = {name: build(task) for name in ("engine", "fit", "fit with a bar")}

    def engine() -> None:
        model = models["engine"]
        model.compile(model.optimizer, model.loss)
        training = make_training(model, x, y, task.batch_size, None, keep_index=True)
        training.set_learning_rates(None)
        for _ in range(epochs):
            training.run_epoch(model.rng.permutation(len(x)))

    def fit(name: str, verbose: int | str) -> Callable[[], None]:
        model = models[name]

        def run() -> None:
            model.compile(model.optimizer, model.loss, metrics=["accuracy"])
            model.fit(x, y, batch_size=task.batch_size, epochs=epochs, verbose=verbose)

        return run

    runs = {"engine": engine, "fit": fit("fit", 0), "fit with a bar": fit("fit with a bar", "auto")}
    return {name: job.in_unit(seconds, epochs) for name, seconds in median_seconds(runs, rounds).items()}


def main(kind: str) -> None:
    fastnn.set_num_threads(1)
    # A bar is drawn on a terminal: a pseudo-terminal is one, with somebody who reads.
    leader, follower = pty.openpty()
    threading.Thread(target=_read_all, args=(leader,), daemon=True).start()
    sys.stderr = io.TextIOWrapper(os.fdopen(follower, "wb", buffering=0), write_through=True)
    quick = kind == "quick"
    content = {
        "short": measure(2 if quick else JOBS["keras"].epochs, 3 if quick else 101),
        "long": measure(20 if quick else LONG_EPOCHS, 1 if quick else 5),
    }
    print(json.dumps(content))


def _read_all(leader: int) -> None:
    while True:
        try:
            if not os.read(leader, 1 << 16):
                return
        except OSError:
            return


if __name__ == "__main__":
    main(sys.argv[1])
