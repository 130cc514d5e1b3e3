"""Alternate rounds of several ways to do a thing, so that whatever else the machine does meets all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["median_seconds"]


def median_seconds(runs: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median seconds of each, after a round to warm up.

    >>> sorted(median_seconds({"one": lambda: 1, "two": lambda: 2}, rounds=3))
    ['one', 'two']
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            begin = time.perf_counter()
            run()
            if number:
                seconds[name].append(time.perf_counter() - begin)
    return {name: statistics.median(times) for name, times in seconds.items()}
