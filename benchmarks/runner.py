"""The runner: does a job with all its peers, each in a process of its own, in interleaved rounds (A B C, A B C).

Interleaving spreads whatever else the machine does over all peers alike; nothing is timed before the losses agree.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.jobs import Job
from benchmarks.peers import PEERS
from benchmarks.results import JobResult, PeerResult, describe_machine, today

ROOT = pathlib.Path(__file__).resolve().parent.parent
# float32 peers drift from the float64 reference by about 1e-6 in these jobs; a wrong formula is off by far more.
TOLERANCE = 1e-3
# OpenBLAS' threads can spin for 2**26 cycles after their work, which the next peer's round must not pay for.
PAUSE = 0.1
CALIBRATION_ROUNDS = 3


class LossMismatchError(Exception):
    """A peer that did other work than the reference: its time would mean nothing."""


def check_losses(reference: float, losses: dict[str, float], tolerance: float) -> None:
    """Refuse peers whose final loss is not the reference's, within a relative ``tolerance``.

    Raises
    ------
    LossMismatchError
        Naming every peer that is off. A loss that is not a number is off.

    Examples
    --------
    >>> check_losses(0.02, {"fastnn": 0.0200001}, tolerance=1e-3)
    >>> check_losses(0.02, {"fastnn": 0.021}, tolerance=1e-3)
    Traceback (most recent call last):
    ...
    benchmarks.runner.LossMismatchError: fastnn ended at loss 0.021, but the reference at 0.02: ...
    """
    # "not <=" rather than ">": NaN compares false.
    limit = tolerance * abs(reference)
    wrong = [f"{peer} ended at loss {loss:g}" for peer, loss in losses.items() if not abs(loss - reference) <= limit]
    if wrong:
        raise LossMismatchError(
            f"{', '.join(wrong)}, but the reference at {reference:g}: they differ by more than {tolerance:g} "
            "relative, so the times are not comparable"
        )


class Worker:
    """One peer's process with one thread setting."""

    def __init__(self, job: Job, peer: str, epochs: int, threads: int) -> None:
        self.peer = peer
        self.threads = threads
        settings = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", job.name, peer, str(epochs)],
            cwd=ROOT,
            env=os.environ | settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.version = ""

    def wait_until_ready(self) -> None:
        self.version = str(self._receive()["version"])

    def round(self) -> tuple[float, float]:
        """Seconds of one round, and its final loss."""
        assert self._process.stdin is not None
        time.sleep(PAUSE)
        self._process.stdin.write("round\n")
        self._process.stdin.flush()
        answer = self._receive()
        return float(answer["seconds"]), float(answer["loss"])

    def close(self) -> None:
        self._process.communicate()

    def _receive(self) -> dict[str, str | float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process of peer {self.peer} ended early; its own error stands above")
        answer: dict[str, str | float] = json.loads(line)
        return answer


def run_job(
    job: Job, peers: Iterable[str], rounds: int, epochs: int, progress: Callable[[str], None] = lambda line: None
) -> JobResult:
    """Measure ``peers`` at ``job``.

    Parameters
    ----------
    job : Job
    peers : iterable of str
        Names from ``job.peers``. The reference runs for its loss even where it is not among them.
    rounds : int
        Counted rounds of each peer, at least 1; one more comes first to warm up.
    epochs : int
        Epochs of training in a round.
    progress : callable, optional
        Told in a line what happens now.

    Raises
    ------
    LossMismatchError
        When the peers' losses disagree.
    RuntimeError
        When a peer's process ends early.
    """
    peers = tuple(peers)
    timed = [peer for peer in job.peers if peer in peers]
    with ExitStack() as stack:
        reference = stack.enter_context(_started([Worker(job, job.reference, epochs, threads=1)]))[0].round()[1]
        candidates = stack.enter_context(
            _started([Worker(job, peer, epochs, n) for peer in timed for n in _thread_settings(peer)])
        )
        progress("warm-up round; comparing losses")
        for worker in candidates:
            check_losses(reference, {worker.peer: worker.round()[1]}, TOLERANCE)
        progress("choosing each peer's best number of threads")
        workers = _fastest_settings(candidates)
        seconds: dict[str, list[float]] = {peer: [] for peer in timed}
        losses: dict[str, float] = {}
        for number in range(rounds):
            progress(f"round {number + 1} of {rounds}")
            for worker in workers:
                duration, losses[worker.peer] = worker.round()
                seconds[worker.peer].append(duration)
            check_losses(reference, losses, TOLERANCE)
    return JobResult(
        name=job.name,
        title=job.title,
        samples=job.samples,
        epochs=epochs,
        date=today(),
        machine=describe_machine(),
        reference_loss=reference,
        peers=[
            PeerResult(
                name=worker.peer,
                title=PEERS[worker.peer].title,
                version=worker.version,
                threads=worker.threads,
                loss=losses[worker.peer],
                rounds=[1e6 * s / (job.samples * epochs) for s in seconds[worker.peer]],
            )
            for worker in workers
        ],
    )


@contextmanager
def _started(workers: list[Worker]) -> Iterator[list[Worker]]:
    try:
        for worker in workers:
            worker.wait_until_ready()
        yield workers
    finally:
        for worker in workers:
            worker.close()


def _thread_settings(peer: str) -> tuple[int, ...]:
    cores = available_cores()
    return (1, cores) if PEERS[peer].threaded and cores > 1 else (1,)


def available_cores() -> int:
    """Cores that this process may use, which can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _fastest_settings(candidates: list[Worker]) -> list[Worker]:
    """For every peer, in order, the worker with the lowest median; only peers with a choice are measured."""
    groups: dict[str, list[Worker]] = {}
    for worker in candidates:
        groups.setdefault(worker.peer, []).append(worker)
    seconds: dict[int, list[float]] = {id(worker): [] for worker in candidates}
    for _ in range(CALIBRATION_ROUNDS):
        for worker in candidates:
            if len(groups[worker.peer]) > 1:
                seconds[id(worker)].append(worker.round()[0])
    return [
        min(group, key=lambda worker: statistics.median(seconds[id(worker)])) if len(group) > 1 else group[0]
        for group in groups.values()
    ]
