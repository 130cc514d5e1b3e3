"""This checkout against another one, such as that of before a change: every job of fastnn, the two in turn, in one run.

``python -m benchmarks.against DIR --output FILE`` prints the ratio of each job; DIR is a checkout that is built
(``python setup.py build_ext --inplace``).
"""

import argparse
import json
import os
import pathlib
import statistics

from benchmarks.jobs import JOBS
from benchmarks.process import ROOT, Worker, started
from benchmarks.results import describe_machine

PEERS = ("fastnn", "fastnn-model")


def compare(other: pathlib.Path, rounds: int, threads: int) -> dict[str, list[float]]:
    """For each job and peer, how long this checkout takes for each second of the other: one number a round."""
    ratios: dict[str, list[float]] = {}
    for job in JOBS.values():
        if missing := job.missing:
            print(f"{job.name}: {missing}", flush=True)
            continue
        for peer in (name for name in PEERS if name in job.peers):
            epochs = job.epochs_of(peer, job.epochs)
            pair = [Worker(job, peer, epochs, threads, root) for root in (ROOT, other)]
            with started(pair):
                # One round each to warm up.
                for worker in pair:
                    worker.round()
                measured = [[worker.round().seconds for worker in pair] for _ in range(rounds)]
            name = f"{job.name}, {peer}"
            ratios[name] = [round(mine / theirs, 4) for mine, theirs in measured]
            print(f"{name}: {statistics.median(ratios[name]):.3f}", flush=True)
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.against", description=__doc__)
    parser.add_argument("other", type=pathlib.Path, help="the other checkout")
    parser.add_argument("--rounds", type=int, default=9, help="counted rounds of each (default: 9)")
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE", help="a JSON file for the ratios")
    options = parser.parse_args()
    threads = os.cpu_count() or 1
    ratios = compare(options.other.resolve(), options.rounds, threads)
    if options.output is not None:
        result = {"machine": describe_machine(), "threads": threads, "this over the other, by round": ratios}
        options.output.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
