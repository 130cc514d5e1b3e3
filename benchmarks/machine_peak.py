"""The machine's peak: the most floating-point operations and bytes a second that compiled loops get out of it."""

import dataclasses
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.process import available_cores

# Well within a core's second-level cache, and far beyond every cache.
CACHE_MEGABYTES = 0.5
MEMORY_MEGABYTES = 256
RUNS = 5


@dataclass(frozen=True)
class MachinePeak:
    """What the machine can do at most with ``threads`` threads: float32 GFLOP/s, and GB/s from cache and memory."""

    threads: int
    gflops: float
    cache_bandwidth: float
    memory_bandwidth: float

    def roof(self, intensity: float, bandwidth: float) -> float:
        """The most GFLOP/s at ``intensity`` operations a byte.

        Examples
        --------
        >>> peak = MachinePeak(threads=1, gflops=100.0, cache_bandwidth=80.0, memory_bandwidth=10.0)
        >>> peak.roof(2.0, peak.memory_bandwidth), peak.roof(2.0, peak.cache_bandwidth)
        (20.0, 100.0)
        """
        return min(self.gflops, intensity * bandwidth)

    def as_dict(self) -> dict[str, float]:
        return dataclasses.asdict(self)


def measure_peak(seconds: float, threads: int | None = None) -> MachinePeak:
    """The best of five runs of every loop of `fastnn_ext.runtime.peak`, ``seconds`` each.

    The best and not the median, because other work on the machine can only slow a loop down.
    """
    peak: Any = importlib.import_module("fastnn_ext.runtime.peak")
    number = available_cores() if threads is None else threads

    def best(loop: Callable[..., float], *arguments: float) -> float:
        return max(float(loop(seconds, *arguments, threads=number)) for _ in range(RUNS))

    return MachinePeak(
        threads=number,
        gflops=best(peak.fma_peak),
        cache_bandwidth=best(peak.bandwidth, CACHE_MEGABYTES),
        memory_bandwidth=best(peak.bandwidth, MEMORY_MEGABYTES),
    )
