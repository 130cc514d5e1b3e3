"""Training that ranks share, timed: ``mpiexec -n 2 python -m benchmarks.ranks --batch 512`` prints a line of JSON.

The network is the wide job's, 784-512-512-10 with Adam, on 10,000 images of MNIST or, where these are not in the cache,
as many Gaussian rows. Without ``mpiexec`` it is the training of one process, which no message slows down.
"""

import argparse
import dataclasses
import json
import statistics
import time

import fastnn
from benchmarks.jobs import JOBS
from benchmarks.jobs.data import SOURCES
from benchmarks.peers.fastnn_model import build
from fastnn.distributed import launched, mpi

# Of the whole MNIST, behind those that the job trains on.
JUDGED = slice(50_000, 60_000)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="python -m benchmarks.ranks", description=__doc__)
    p.add_argument("--batch", type=int, default=512, help="samples of all ranks in a step (default: 512)")
    p.add_argument("--width", type=int, default=512, help="hidden units (default: 512)")
    p.add_argument("--layers", type=int, default=2, help="hidden layers (default: 2)")
    p.add_argument("--samples", type=int, default=10_000, help="samples of an epoch (default: 10000)")
    # A fit begins with a copy of the weights to all ranks, which a training has once.
    p.add_argument("--epochs", type=int, default=3, help="epochs in a round (default: 3)")
    p.add_argument("--rounds", type=int, default=2, help="rounds after a first one (default: 2)")
    p.add_argument("--threads", type=int, default=1, help="threads of each rank (default: 1)")
    p.add_argument("--no-overlap", action="store_true", help="sums begin when all gradients are there")
    p.add_argument("--half-precision", action="store_true", help="sums in half precision")
    p.add_argument("--local-steps", type=int, default=1, help="steps between averages (default: 1)")
    p.add_argument("--judge", action="store_true", help="also loss and accuracy of 10,000 other images at the end")
    return p


def main() -> None:
    options = parser().parse_args()
    fastnn.set_num_threads(options.threads)
    ranks = None
    if launched():
        ranks = mpi(
            half_precision=options.half_precision,
            local_steps=options.local_steps,
            overlap=False if options.no_overlap else None,
            threads=options.threads,
        )
    source = "mnist" if SOURCES["mnist"].missing() is None else "gaussian-classes"
    job = dataclasses.replace(
        JOBS["wide"],
        sizes=(784, *[options.width] * options.layers, 10),
        source=source,
        samples=options.samples,
        batch_size=min(options.batch, options.samples),
    )
    task = job.make(options.epochs, options.threads)
    model = build(task)
    model.set_weights([array for weights, bias in task.parameters for array in (weights, bias[0])])
    steps = -(-len(task.x) // job.batch_size) * options.epochs
    seconds, waits = [], []
    for number in range(options.rounds + 1):
        waited, begin = 0.0 if ranks is None else ranks.waited, time.perf_counter()
        history = model.fit(task.x, task.y, job.batch_size, options.epochs, 0, distributed=ranks)
        # The first round starts threads, reads files and makes room.
        if number:
            seconds.append((time.perf_counter() - begin) / steps)
            waits.append(((0.0 if ranks is None else ranks.waited) - waited) / steps)
    found = {
        "ranks": 1 if ranks is None else ranks.size,
        **vars(options),
        "source": source,
        "parameters": model.count_params(),
        "seconds": statistics.median(seconds),
        "sums": statistics.median(waits),
        "loss": history.history["loss"][-1],
    }
    if options.judge and source == "mnist":
        x, y = SOURCES["mnist"].load(JUDGED.stop, job.sizes)
        found["val_loss"], found["val_accuracy"] = model.evaluate(x[JUDGED], y[JUDGED])
    if ranks is None or ranks.rank == 0:
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
