"""The import job: what ``import fastnn`` costs beyond ``import numpy``, in milliseconds, beside other libraries."""

import subprocess
import sys
import time
from collections.abc import Iterable

from benchmarks.peers import PEERS
from benchmarks.process import ROOT
from benchmarks.results import JobResult, PeerResult, describe_machine, today
from benchmarks.runner import Progress, runnable

NAME = "import"
IMPORTS = {
    "onnxruntime": "onnxruntime",
    "sklearn": "sklearn.neural_network",
    "jax": "jax",
    "torch": "torch",
    "keras": "keras",
    "fastnn": "fastnn",
}
# Milliseconds. A busy moment in NumPy's turn can make a difference negative, which no ratio could be taken of.
LEAST = 0.1


def _seconds(statement: str) -> float:
    begin = time.perf_counter()
    # What a library prints while it is imported is of no interest, unless it fails.
    done = subprocess.run([sys.executable, "-c", statement], cwd=ROOT, capture_output=True, text=True)
    seconds = time.perf_counter() - begin
    if done.returncode:
        raise RuntimeError(f"`{statement}` failed: {done.stderr.strip()}")
    return seconds


def run_import(peers: Iterable[str], rounds: int, progress: Progress = lambda line: None) -> JobResult:
    """Time a new interpreter for every import, interleaved, less that of the same round for NumPy alone."""
    chosen = set(peers)
    timed = runnable((peer for peer in IMPORTS if peer in chosen), progress)
    statements = {peer: f"import numpy; import {IMPORTS[peer]}" for peer in timed}
    progress("warm-up round")
    for statement in statements.values():
        _seconds(statement)
    times: dict[str, list[float]] = {peer: [] for peer in timed}
    for number in range(rounds):
        progress(f"round {number + 1} of {rounds}")
        alone = _seconds("import numpy")
        for peer, statement in statements.items():
            times[peer].append(max(LEAST, 1e3 * (_seconds(statement) - alone)))
    return JobResult(
        name=NAME,
        title="`import` in a new interpreter, beyond `import numpy`",
        samples=1,
        epochs=1,
        date=today(),
        machine=describe_machine(),
        reference_loss=0.0,
        unit="ms",
        peers=[
            PeerResult(name=peer, title=PEERS[peer].title, version="", threads=1, loss=0.0, rounds=times[peer])
            for peer in timed
        ],
    )
