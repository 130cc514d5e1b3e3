"""The barrier: how long two threads take to meet and to read what the other wrote.

On the same machine it takes 50 ns or 500, minutes apart, and moves every job of two threads. Its time stands beside
such a job's, and a job during which it changed is measured again.
"""

import dataclasses
import time
from collections.abc import Callable

from benchmarks.jobs import Job
from benchmarks.process import available_cores
from benchmarks.results import JobResult

MEETINGS = 2000
RUNS = 9
# By how much it changes when a machine goes from one state to the other; other work moves it less.
CHANGED = 3.0


def barrier_time() -> float:
    """Nanoseconds of one meeting: the least of nine runs of two thousand, as other work only slows it down."""
    # Here, since the list of jobs and the reports need no compiled modules.
    from fastnn_ext.runtime.pool import run_counting

    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run_counting(2, rounds=1, barriers=MEETINGS)
        seconds.append(time.perf_counter() - start)
    return min(seconds) / MEETINGS * 1e9


def is_changed(before: float, after: float) -> bool:
    """Whether the machine went from one state to the other meanwhile.

    >>> is_changed(60.0, 90.0), is_changed(60.0, 500.0), is_changed(500.0, 60.0)
    (False, True, True)
    """
    return max(before, after) > CHANGED * min(before, after)


def with_barrier(
    job: Job,
    measure: Callable[[], JobResult],
    progress: Callable[[str], None],
    time_of: Callable[[], float] = barrier_time,
) -> JobResult:
    """What ``measure`` gives for a job, with the barrier's time before and after, and once again where it changed."""
    if available_cores() < 2:
        return measure()
    result = measure_between(measure, progress, time_of)
    if is_changed(*result.barrier) and any(peer.threads > 1 for peer in result.peers):
        progress(f"the barrier's time changed: {job.name} is measured again")
        result = measure_between(measure, progress, time_of)
    return result


def measure_between(
    measure: Callable[[], JobResult], progress: Callable[[str], None], time_of: Callable[[], float]
) -> JobResult:
    """What ``measure`` gives, between two times of the barrier."""
    before = time_of()
    result = measure()
    after = time_of()
    progress(f"a barrier of two threads took {before:.0f} ns before and {after:.0f} ns after")
    return dataclasses.replace(result, barrier=[round(before), round(after)])
