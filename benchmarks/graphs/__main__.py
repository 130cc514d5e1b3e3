"""Answers with a round for each line that it is sent: see `benchmarks.graphs`."""

import json
import sys
import time

from benchmarks.graphs import FULL, JOBS, QUICK


def main(name: str, peer: str, kind: str) -> None:
    job, sizes = JOBS[name], QUICK if kind == "quick" else FULL
    run = job.ways[peer].prepare(sizes)
    for _ in sys.stdin:
        begin = time.perf_counter()
        value = run()
        seconds = (time.perf_counter() - begin) / job.parts(sizes)
        print(json.dumps({"seconds": seconds, "value": value}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
