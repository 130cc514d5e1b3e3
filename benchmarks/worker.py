"""The worker: the process of one peer, which does a round whenever a line comes in and answers with a line of JSON.

``python -m benchmarks.worker JOB PEER EPOCHS`` first says which version it runs; it ends with its input.
"""

import gc
import importlib
import json
import sys
import time

from benchmarks.jobs import JOBS


def main(job: str, peer: str, epochs: str) -> None:
    module = importlib.import_module(f"benchmarks.peers.{peer}")
    task = JOBS[job].make(int(epochs))
    _answer({"version": module.version()})
    for _ in sys.stdin:
        run = module.setup(task)
        gc.collect()
        begin = time.perf_counter()
        losses = run()
        seconds = time.perf_counter() - begin
        _answer({"seconds": seconds, "loss": float(losses[-1])})


def _answer(message: dict[str, object]) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
