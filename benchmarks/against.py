"""This checkout against another one, such as that of before a change: every job of fastnn, the two in turn, in one run.

``python -m benchmarks.against DIR --output FILE`` prints the ratio of each job; DIR is a checkout that is built
(``python setup.py build_ext --inplace``).
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

from benchmarks.jobs import JOBS
from benchmarks.process import ROOT, Worker, started
from benchmarks.results import describe_machine

PEERS = ("fastnn", "fastnn-model")


def compare(other: pathlib.Path, processes: int, rounds: int, threads: int) -> dict[str, list[float]]:
    """For each job and peer, how long this checkout takes for each second of the other: one number a pair of processes.

    Where a process's memory lies moves its times by several percent as long as it lives: hence processes anew, and of
    each the median of its rounds, all of them of the two in turn.
    """
    ratios: dict[str, list[float]] = {}
    known = jobs_of(other)
    for job in JOBS.values():
        if job.name not in known:
            print(f"{job.name}: the other checkout does not have it", flush=True)
            continue
        if missing := job.missing:
            print(f"{job.name}: {missing}", flush=True)
            continue
        for peer in (name for name in PEERS if name in job.peers):
            epochs = job.epochs_of(peer, job.epochs)
            name = f"{job.name}, {peer}"
            ratios[name] = []
            for _ in range(processes):
                pair = [Worker(job, peer, epochs, threads, root) for root in (ROOT, other)]
                with started(pair):
                    # One round each to warm up.
                    for worker in pair:
                        worker.round()
                    seconds: dict[Worker, list[float]] = {worker: [] for worker in pair}
                    for number in range(rounds):
                        # Each goes first in turn.
                        for worker in pair if number % 2 else reversed(pair):
                            seconds[worker].append(worker.round().seconds)
                mine, theirs = (statistics.median(seconds[worker]) for worker in pair)
                ratios[name].append(round(mine / theirs, 4))
            print(f"{name}: {statistics.median(ratios[name]):.3f}", flush=True)
    return ratios


def jobs_of(checkout: pathlib.Path) -> list[str]:
    """The names of the jobs that a checkout has."""
    command = [sys.executable, "-c", "from benchmarks.jobs import JOBS; print(*JOBS)"]
    return subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True).stdout.split()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.against", description=__doc__)
    parser.add_argument("other", type=pathlib.Path, help="the other checkout")
    parser.add_argument("--processes", type=int, default=7, help="pairs of processes for each job (default: 7)")
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds of each process (default: 5)")
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE", help="a JSON file for the ratios")
    options = parser.parse_args()
    threads = os.cpu_count() or 1
    ratios = compare(options.other.resolve(), options.processes, options.rounds, threads)
    if options.output is not None:
        result = {
            "machine": describe_machine(),
            "threads": threads,
            "this over the other, by pair of processes": ratios,
        }
        options.output.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
