"""Processes that do a round of a job each time they are asked, one for each peer."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from benchmarks.process import PAUSE, ROOT, THREAD_VARIABLES

__all__ = ["Peer", "started"]


class Peer:
    """A process of ``python -m MODULE WORDS``, which answers each line with ``{"seconds": ..., "value": ...}``."""

    def __init__(self, name: str, threads: int, module: str, words: Sequence[str]) -> None:
        self.name, self.threads = name, threads
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            cwd=ROOT,
            env=os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def round(self) -> tuple[float, float]:
        """The seconds of a call, and what came of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        time.sleep(PAUSE)
        print(file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name} ended early, with exit status {self._process.wait()}")
        values = json.loads(answer)
        return values["seconds"], values["value"]

    def end(self) -> None:
        # It reads to the end of what it is sent.
        self._process.communicate()


@contextmanager
def started(peers: Iterable[Peer]) -> Iterator[list[Peer]]:
    """The peers, each of which is made here; ended afterwards whatever happens."""
    made: list[Peer] = []
    try:
        for peer in peers:
            made.append(peer)
        yield made
    finally:
        for peer in made:
            peer.end()
