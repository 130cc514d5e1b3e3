"""One peer at one job with one thread setting, in a process of its own."""

import json
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.jobs import Job

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Threads can spin for a while after their work (OpenBLAS' for 2**26 cycles), which the next peer must not pay for.
PAUSE = 0.1
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "FASTNN_NUM_THREADS")


@dataclass(frozen=True)
class Round:
    """One round: its seconds, the result that is printed, and the numbers that must be the reference's.

    Attributes
    ----------
    loss : float
        The final mean loss; of a prediction job the mean of the outputs' squares.
    values : list of float
        The final loss alone, or the outputs of up to a hundred samples.
    """

    seconds: float
    loss: float
    values: list[float]


class Worker:
    """One peer's process with one thread setting, which runs the checkout ``root``."""

    def __init__(self, job: Job, peer: str, epochs: int, threads: int, root: pathlib.Path = ROOT) -> None:
        self.peer = peer
        self.threads = threads
        self.version = ""
        self.differs = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", json.dumps(job.as_dict()), peer, str(epochs), str(threads)],
            cwd=root,
            env=os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        answer = self._receive()
        self.version, self.differs = answer["version"], answer["differs"]

    def take(self, job: Job, epochs: int) -> None:
        """Another job from here on, in the same process."""
        self._send(json.dumps({"job": job.as_dict(), "epochs": epochs}))
        self.wait_until_ready()

    def round(self) -> Round:
        """Do the task once, from fresh weights."""
        time.sleep(PAUSE)
        self._send("round")
        return Round(**self._receive())

    def close(self) -> None:
        self._process.communicate()

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process of peer {self.peer} ended early; its own error stands above")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def started(workers: list[Worker]) -> Iterator[list[Worker]]:
    """The workers, ready; closed afterwards whatever happens."""
    try:
        for worker in workers:
            worker.wait_until_ready()
        yield workers
    finally:
        for worker in workers:
            worker.close()


def available_cores() -> int:
    """Cores that this process may use, which can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
